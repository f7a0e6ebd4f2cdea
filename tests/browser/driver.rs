//! Headless Chromium, driven by `ChromeDriver` (`WebDriver`, <https://www.w3.org/TR/webdriver2/>).

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::Method;

use crate::support::{KillOnDrop, require, require_program};

/// A browser with one page; it is closed when dropped.
pub(crate) struct Browser {
    agent: Agent,
    /// The URL of the `WebDriver` session.
    session: String,
    _driver: KillOnDrop,
    /// The profile folder of the browser.
    _profile: TempDir,
}

/// A colour scheme and a window size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The part of file names that stands for this look.
    pub(crate) name: &'static str,
    scheme: &'static str,
    width: u32,
    height: u32,
}

/// A desktop window and a phone, each in light and dark mode.
pub(crate) const LOOKS: [Look; 4] = [
    Look { name: "light", scheme: "light", width: 1280, height: 900 },
    Look { name: "dark", scheme: "dark", width: 1280, height: 900 },
    Look { name: "phone", scheme: "light", width: 390, height: 844 },
    Look { name: "phone-dark", scheme: "dark", width: 390, height: 844 },
];

impl Browser {
    /// Starts a browser; none if `ChromeDriver` is not installed.
    pub(crate) fn start() -> Option<Self> {
        let program = require_program("chromedriver", "chromedriver")?;
        let started = (0..3).find_map(|_| start_driver(&program));
        let (driver, port) = started.expect("ChromeDriver starts");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let data = format!("--user-data-dir={}", profile.path().display());
        let options = json!({ "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", data,
        ]});
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        }}});
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let all = format!("http://127.0.0.1:{port}/session");
        let session = ask(&agent, Method::POST, &all, &wanted);
        let session = format!("{all}/{}", session["sessionId"].as_str().expect("a session"));
        let browser = Self { agent, session, _driver: driver, _profile: profile };
        // The requests and messages of a new window do not belong to a page.
        browser.post("url", &json!({ "url": "about:blank" }));
        browser.requests();
        browser.console();
        Some(browser)
    }

    fn post(&self, command: &str, parameters: &Value) -> Value {
        ask(&self.agent, Method::POST, &format!("{}/{command}", self.session), parameters)
    }

    /// Runs a command of the Chrome `DevTools` protocol.
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Opens a file.
    pub(crate) fn open(&self, page: &Path) {
        let page = page.canonicalize().expect("the page is there");
        self.post("url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    /// Runs the body of a function in the page and returns its result.
    pub(crate) fn eval(&self, body: &str) -> Value {
        self.post("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Returns the text of every element that matches a selector.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let found = self.eval(&format!(
            "return Array.from(document.querySelectorAll({}), e => e.textContent.trim())",
            json!(selector)
        ));
        serde_json::from_value(found).expect("texts")
    }

    /// Returns the text of the only element that matches a selector.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        let mut texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "`{selector}` is on the page once");
        texts.remove(0)
    }

    /// Presses keys in the element that matches a selector; U+E007 is Enter.
    pub(crate) fn press(&self, selector: &str, keys: &str) {
        let element = self.post("element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().and_then(|element| element.values().next());
        let id = id.and_then(Value::as_str).expect("an element");
        self.post(&format!("element/{id}/value"), &json!({ "text": keys }));
    }

    /// Changes the colour scheme and the window size.
    pub(crate) fn look(&self, look: Look) {
        let Look { scheme, width, height, .. } = look;
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": scheme }));
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Returns whether the page is wider than the window.
    pub(crate) fn is_wider_than_window(&self) -> bool {
        self.eval(
            "const page = document.documentElement; return page.scrollWidth > page.clientWidth",
        ) == true
    }

    /// Returns the violations that axe-core finds, one line each; none if axe-core is missing.
    pub(crate) fn accessibility(&self) -> Option<Vec<String>> {
        let axe = crate::support::repository().join("target/axe/axe.min.js");
        let axe = fs::read_to_string(axe);
        if !require("axe", axe.is_ok()) {
            return None;
        }
        let axe = axe.expect("axe-core can be read");
        self.eval(&axe);
        let script = "const done = arguments[0];
            axe.run().then(found => done(found.violations.flatMap(rule => rule.nodes.map(node =>
                `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))))";
        let found = self.post("execute/async", &json!({ "script": script, "args": [] }));
        Some(serde_json::from_value(found).expect("violations"))
    }

    /// Returns the console messages since the last call.
    pub(crate) fn console(&self) -> Vec<String> {
        let lines = self.post("se/log", &json!({ "type": "browser" }));
        lines.as_array().expect("lines").iter().map(Value::to_string).collect()
    }

    /// Returns the requested URLs since the last call.
    pub(crate) fn requests(&self) -> BTreeSet<String> {
        let lines = self.post("se/log", &json!({ "type": "performance" }));
        let address = |line: &Value| -> Option<String> {
            let entry: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let event = &entry["message"];
            let url = event["params"]["request"]["url"].as_str()?;
            (event["method"] == "Network.requestWillBeSent").then(|| url.to_owned())
        };
        lines.as_array().expect("lines").iter().filter_map(address).collect()
    }

    /// Writes screenshots of the page in each look, and a PDF, to `target/pages/` for review by
    /// people.
    pub(crate) fn keep(&self, name: &str) {
        let folder = crate::support::repository().join("target/pages");
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let write = |file: PathBuf, content: &Value| {
            use base64::prelude::{BASE64_STANDARD, Engine};
            let content = content.as_str().expect("a picture");
            fs::write(file, BASE64_STANDARD.decode(content).expect("base64")).expect("written");
        };
        for look in LOOKS {
            self.look(look);
            let whole = json!({ "captureBeyondViewport": true });
            let picture = self.devtools("Page.captureScreenshot", &whole);
            write(folder.join(format!("{name}-{}.png", look.name)), &picture["data"]);
        }
        write(folder.join(format!("{name}.pdf")), &self.post("print", &json!({})));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
    }
}

/// Starts `ChromeDriver` on a free port and returns the port; none if another process takes the port
/// first.
fn start_driver(program: &Path) -> Option<(KillOnDrop, u16)> {
    let driver = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn();
    let mut driver = KillOnDrop(driver.expect("ChromeDriver can be run"));
    let lines = BufReader::new(driver.0.stdout.take().expect("its output")).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
    })?;
    Some((driver, port))
}

/// Sends a command to `ChromeDriver` and returns its result. Panics if the result is an error.
#[track_caller]
fn ask(agent: &Agent, method: Method, url: &str, body: &Value) -> Value {
    let request = ureq::http::Request::builder().method(method).uri(url);
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    let mut response = agent.run(request.expect("a request")).expect("ChromeDriver answers");
    let limit = 256 << 20;
    let text = response.body_mut().with_config().limit(limit).read_to_string().expect("text");
    let mut answer: Value = serde_json::from_str(&text).expect("JSON");
    let value = answer["value"].take();
    assert!(value["error"].is_null(), "{url}: {value}");
    value
}
