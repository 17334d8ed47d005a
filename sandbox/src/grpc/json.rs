//! JSON as protobuf has it: structures, values and times.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp};
use serde_json::{Map, Number, Value};

use crate::world::time;

/// Whole numbers up to here are exact as floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A member's text; empty when there is none.
pub(super) fn text(of: &Value, name: &str) -> String {
    let text = of.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A member's time.
pub(super) fn moment(of: &Value, name: &str) -> Option<Timestamp> {
    let ms = time::parse(of.get(name)?.as_str()?)?;
    Some(Timestamp {
        seconds: ms.div_euclid(1000),
        nanos: i32::try_from(ms.rem_euclid(1000) * 1_000_000).ok()?,
    })
}

/// An object as protobuf's structure.
pub(super) fn structure(value: &Value) -> Option<Struct> {
    let members = value.as_object()?;
    let fields: BTreeMap<String, prost_types::Value> = members
        .iter()
        .map(|(name, value)| (name.clone(), wrapped(value)))
        .collect();
    Some(Struct { fields })
}

fn wrapped(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => Kind::ListValue(ListValue {
            values: items.iter().map(wrapped).collect(),
        }),
        Value::Object(_) => Kind::StructValue(structure(value).unwrap_or_default()),
    };
    prost_types::Value { kind: Some(kind) }
}

/// Protobuf's structure as an object.
pub(super) fn object(structure: &Struct) -> Map<String, Value> {
    let members = structure.fields.iter();
    members
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

fn plain(value: &prost_types::Value) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => (*value).into(),
        Some(Kind::NumberValue(number)) => number_of(*number),
        Some(Kind::StringValue(text)) => text.as_str().into(),
        Some(Kind::ListValue(list)) => list.values.iter().map(plain).collect(),
        Some(Kind::StructValue(structure)) => object(structure).into(),
    }
}

/// Protobuf's structures know no whole numbers; JSON's callers mean some.
fn number_of(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return (number as i64).into();
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}
