//! sabre/dav, the library behind Nextcloud and ownCloud, in the built-in server of PHP.

use std::fs;

use super::{MD5, Server, races, shares, works};
use crate::remote::server::{PASSWORD, USER};
use crate::support::require;

/// The path of the library in Debian.
const LIBRARY: &str = "/usr/share/php/Sabre/autoload.php";

/// The user, with Basic authentication.
pub(super) const BASIC: &str = "class Users extends Sabre\\DAV\\Auth\\Backend\\AbstractBasic {
    protected function validateUserPass($user, $password) {
        return $user === 'USER' && $password === 'PASSWORD';
    }
}";

/// The user, with Digest authentication.
const DIGEST: &str = "class Users extends Sabre\\DAV\\Auth\\Backend\\AbstractDigest {
    public function getDigestHash($realm, $user) {
        return $user === 'USER' && $realm === 'disk' ? 'MD5' : null;
    }
}";

/// Starts the server with the class `users`.
pub(super) fn start(users: &str) -> Option<Server> {
    if !require("sabre", fs::exists(LIBRARY).unwrap()) {
        return None;
    }
    Server::start(("php", "php"), |port, folder| {
        let users = users.replace("USER", USER).replace("PASSWORD", PASSWORD).replace("MD5", MD5);
        // Debian's sabre/dav is older than its PHP and causes deprecation warnings in every
        // response.
        let text = format!(
            "<?php
error_reporting(0);
date_default_timezone_set('UTC');
require '{LIBRARY}';
{users}
$server = new Sabre\\DAV\\Server(new Sabre\\DAV\\FS\\Directory(__DIR__ . '/data'));
$server->setBaseUri('/');
$server->addPlugin(new Sabre\\DAV\\Auth\\Plugin(new Users(), 'disk'));
$locks = new Sabre\\DAV\\Locks\\Backend\\File(__DIR__ . '/locks');
$server->addPlugin(new Sabre\\DAV\\Locks\\Plugin($locks));
$server->exec();
"
        );
        let path = folder.join("server.php");
        fs::write(&path, text).unwrap();
        ["-S", &format!("127.0.0.1:{port}"), &path.display().to_string()].map(str::to_owned).into()
    })
}

#[test]
fn sabre() {
    let Some(server) = start(BASIC) else { return };
    works(&server);
    let Some(server) = start(BASIC) else { return };
    races(&server);
}

#[test]
fn sabre_with_digest() {
    let Some(server) = start(DIGEST) else { return };
    shares(&server);
}
