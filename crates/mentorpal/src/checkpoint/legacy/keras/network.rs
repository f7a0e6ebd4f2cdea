//! Checking the network in the configuration of a Keras model.

use serde_json::{Value, json};

use crate::classifiers::arch::lstm_v1::STEPS;
use crate::error::{Error, Result};
use crate::text::format::quoted_list;

/// Checks that the configuration describes the supported network.
///
/// # Errors
/// If it describes another network.
pub(super) fn check(config: &Value) -> Result<()> {
    expect(config, "class_name", &["Sequential".into()])?;
    // Before Keras 2.2.3, the configuration was the list of layers itself.
    let config = &config["config"];
    let layers = config.as_array().or_else(|| config["layers"].as_array());
    let layers = layers.ok_or_else(|| Error::new("no layers"))?;
    let class = |layer: &Value| layer["class_name"].as_str().unwrap_or("?").to_owned();
    let classes: Vec<String> = layers.iter().map(class).collect();
    let essential: Vec<(&str, &Value)> = classes
        .iter()
        .map(String::as_str)
        .zip(layers.iter().map(|layer| &layer["config"]))
        .filter(|(class, _)| !matches!(*class, "InputLayer" | "Dropout"))
        .collect();
    let (lstm, dense, softmax) = match *essential.as_slice() {
        [("LSTM", lstm), ("Dense", dense)] => (lstm, dense, dense),
        [("LSTM", lstm), ("Dense", dense), ("Activation", last)] => {
            expect(dense, "activation", &["linear".into()])?;
            (lstm, dense, last)
        }
        _ => {
            return Err(Error::new(format!(
                "unsupported layers {}, expected `LSTM`, `Dropout`, `Dense` and a softmax",
                quoted_list(&classes)
            )));
        }
    };
    expect(softmax, "activation", &["softmax".into()])?;
    expect(dense, "use_bias", &[true.into()])?;
    expect(lstm, "use_bias", &[true.into()])?;
    expect(lstm, "activation", &["tanh".into()])?;
    expect(lstm, "recurrent_activation", &["hard_sigmoid".into()])?;
    for setting in ["return_sequences", "go_backwards", "time_major"] {
        expect(lstm, setting, &[false.into(), Value::Null])?;
    }
    match lstm["batch_input_shape"].as_array().map(Vec::as_slice) {
        Some([_, steps, _]) if !steps.is_null() && *steps != json!(STEPS) => {
            Err(Error::new(format!("{steps} steps, expected {STEPS}")))
        }
        _ => Ok(()),
    }
}

/// Checks that a setting has one of the supported values.
fn expect(config: &Value, setting: &str, supported: &[Value]) -> Result<()> {
    let found = &config[setting];
    if supported.contains(found) {
        return Ok(());
    }
    let found = crate::text::shorten(&found.to_string(), 60);
    Err(Error::new(format!("`{setting}` is {found}, expected {}", supported[0])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_networks_are_refused() {
        let lstm = json!({
            "units": 6, "activation": "tanh", "recurrent_activation": "hard_sigmoid",
            "use_bias": true, "return_sequences": false, "batch_input_shape": [null, 25, 6],
        });
        let dense = json!({ "use_bias": true, "activation": "softmax" });
        let network = |lstm: &Value, more: &[(&str, Value)]| {
            let layer =
                |class: &str, config: &Value| json!({"class_name": class, "config": config});
            let mut layers = vec![layer("LSTM", lstm), layer("Dropout", &json!({}))];
            layers.extend(more.iter().map(|(class, config)| layer(class, config)));
            json!({ "class_name": "Sequential", "config": { "layers": layers } })
        };
        let reason = |config: &Value| check(config).map_err(|e| e.reason());
        assert_eq!(reason(&network(&lstm, &[("Dense", dense.clone())])), Ok(()));
        for (setting, other) in [
            ("activation", json!("relu")),
            ("recurrent_activation", json!("sigmoid")),
            ("use_bias", json!(false)),
            ("return_sequences", json!(true)),
            ("go_backwards", json!(true)),
        ] {
            let mut lstm = lstm.clone();
            lstm[setting] = other.clone();
            let reason = reason(&network(&lstm, &[("Dense", dense.clone())])).unwrap_err();
            assert!(reason.starts_with(&format!("`{setting}` is {other}, expected ")), "{reason}");
        }
        let mut longer = lstm.clone();
        longer["batch_input_shape"][1] = json!(30);
        let longer = reason(&network(&longer, &[("Dense", dense.clone())]));
        assert_eq!(longer, Err("30 steps, expected 25".to_owned()));
        let relu = json!({ "use_bias": true, "activation": "relu" });
        let softmax = json!({ "activation": "softmax" });
        for more in [
            vec![],
            vec![("Dense", relu.clone())],
            vec![("Dense", relu), ("Activation", softmax.clone())],
            vec![("Dense", dense.clone()), ("Dense", dense.clone())],
            vec![("LSTM", lstm.clone()), ("Dense", dense.clone())],
        ] {
            assert!(reason(&network(&lstm, &more)).is_err(), "{more:?}");
        }
        for other in
            [json!(null), json!({"class_name": "Model"}), json!({"class_name": "Sequential"})]
        {
            assert!(reason(&other).is_err(), "{other}");
        }
    }
}
