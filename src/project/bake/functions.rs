//! Functions of HCL's standard library, as far as Bake files use them.
//!
//! Left out: those that give another value each time (`timestamp`, `uuidv4`), cryptography,
//! addresses, sets, dates, and `try` and `can`, whose arguments are not evaluated first.

use hcl::eval::{Context, Func, FuncArgs, FuncDef, ParamType};
use hcl::{Map, Value};
use regex::Regex;

use super::arguments::{
    FunctionResult, argument, boolean, flatten, format_text, formatted_list, list, number, numbers,
    object, real, text, whole,
};
use super::text::text as as_text;

/// Declares all of them.
pub(super) fn declare(context: &mut Context<'_>) {
    for (name, function) in ALL {
        let any = FuncDef::builder().variadic_param(ParamType::Any);
        context.declare_func(*name, any.build(*function));
    }
}

macro_rules! function {
    ($body:expr) => {
        |args: FuncArgs| -> FunctionResult {
            let body: fn(&[Value]) -> FunctionResult = $body;
            body(&args.into_values())
        }
    };
}

const ALL: &[(&str, Func)] = &[
    ("absolute", function!(|v| real(number(v, 0)?.abs()))),
    ("add", function!(|v| real(number(v, 0)? + number(v, 1)?))),
    (
        "and",
        function!(|v| Ok(Value::Bool(boolean(v, 0)? && boolean(v, 1)?))),
    ),
    (
        "basename",
        function!(|v| {
            let path = text(v, 0)?;
            Ok(path
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .into())
        }),
    ),
    ("ceil", function!(|v| real(number(v, 0)?.ceil()))),
    (
        "chomp",
        function!(|v| Ok(text(v, 0)?.trim_end_matches(['\n', '\r']).into())),
    ),
    (
        "coalesce",
        function!(|v| {
            let mut given = v.iter().filter(|one| **one != Value::Null);
            given
                .next()
                .cloned()
                .ok_or_else(|| "all arguments are null".to_owned())
        }),
    ),
    (
        "compact",
        function!(|v| {
            let kept = list(v, 0)?
                .iter()
                .filter(|one| !matches!(one, Value::Null) && **one != Value::from(""));
            Ok(Value::Array(kept.cloned().collect()))
        }),
    ),
    (
        "concat",
        function!(|v| {
            let lists: Result<Vec<_>, String> = (0..v.len()).map(|at| list(v, at)).collect();
            Ok(Value::Array(
                lists?.into_iter().flatten().cloned().collect(),
            ))
        }),
    ),
    (
        "contains",
        function!(|v| Ok(Value::Bool(list(v, 0)?.contains(argument(v, 1)?)))),
    ),
    (
        "dirname",
        function!(|v| {
            let path = text(v, 0)?;
            let folder =
                path.rsplit_once('/').map_or(
                    ".",
                    |(folder, _)| if folder.is_empty() { "/" } else { folder },
                );
            Ok(folder.into())
        }),
    ),
    (
        "distinct",
        function!(|v| {
            let mut kept: Vec<Value> = Vec::new();
            for one in list(v, 0)? {
                if !kept.contains(one) {
                    kept.push(one.clone());
                }
            }
            Ok(Value::Array(kept))
        }),
    ),
    (
        "divide",
        function!(|v| match number(v, 1)? {
            0.0 => Err("division by zero".to_owned()),
            by => real(number(v, 0)? / by),
        }),
    ),
    (
        "element",
        function!(|v| {
            let items = list(v, 0)?;
            let at = number(v, 1)?;
            // It begins anew behind the end.
            let found = (at >= 0.0 && !items.is_empty()).then(|| &items[at as usize % items.len()]);
            found
                .cloned()
                .ok_or_else(|| "there is no such element".to_owned())
        }),
    ),
    (
        "equal",
        function!(|v| Ok(Value::Bool(argument(v, 0)? == argument(v, 1)?))),
    ),
    (
        "flatten",
        function!(|v| {
            let mut flat = Vec::new();
            flatten(list(v, 0)?, &mut flat);
            Ok(Value::Array(flat))
        }),
    ),
    ("floor", function!(|v| real(number(v, 0)?.floor()))),
    (
        "format",
        function!(|v| Ok(format_text(&text(v, 0)?, &v[1..])?.into())),
    ),
    ("formatlist", function!(formatted_list)),
    (
        "greaterthan",
        function!(|v| Ok(Value::Bool(number(v, 0)? > number(v, 1)?))),
    ),
    (
        "greaterthanorequalto",
        function!(|v| Ok(Value::Bool(number(v, 0)? >= number(v, 1)?))),
    ),
    (
        "index",
        function!(|v| match argument(v, 0)? {
            Value::Object(map) => map
                .get(&text(v, 1)?)
                .cloned()
                .ok_or_else(|| "there is no such key".to_owned()),
            _ => {
                let at = number(v, 1)?;
                let found = (at >= 0.0)
                    .then(|| list(v, 0).ok()?.get(at as usize))
                    .flatten();
                found
                    .cloned()
                    .ok_or_else(|| "there is no such element".to_owned())
            }
        }),
    ),
    ("int", function!(|v| real(number(v, 0)?.trunc()))),
    (
        "join",
        function!(|v| {
            let texts: Option<Vec<String>> = list(v, 1)?.iter().map(as_text).collect();
            let texts = texts.ok_or("an element of the list is no text")?;
            Ok(texts.join(&text(v, 0)?).into())
        }),
    ),
    (
        "jsondecode",
        function!(
            |v| serde_json::from_str::<Value>(&text(v, 0)?).map_err(|error| error.to_string())
        ),
    ),
    (
        "jsonencode",
        function!(|v| {
            let json = serde_json::to_string(argument(v, 0)?);
            json.map(Value::String).map_err(|error| error.to_string())
        }),
    ),
    (
        "keys",
        function!(|v| {
            let mut keys: Vec<String> = object(v, 0)?.keys().cloned().collect();
            keys.sort();
            Ok(Value::Array(keys.into_iter().map(Value::String).collect()))
        }),
    ),
    (
        "length",
        function!(|v| match argument(v, 0)? {
            Value::Array(items) => whole(items.len()),
            Value::Object(map) => whole(map.len()),
            _ => Err("it is no list and no object".to_owned()),
        }),
    ),
    (
        "lessthan",
        function!(|v| Ok(Value::Bool(number(v, 0)? < number(v, 1)?))),
    ),
    (
        "lessthanorequalto",
        function!(|v| Ok(Value::Bool(number(v, 0)? <= number(v, 1)?))),
    ),
    (
        "lookup",
        function!(|v| match (object(v, 0)?.get(&text(v, 1)?), v.get(2)) {
            (Some(found), _) => Ok(found.clone()),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err("there is no such key, and no default".to_owned()),
        }),
    ),
    (
        "lower",
        function!(|v| Ok(text(v, 0)?.to_lowercase().into())),
    ),
    (
        "max",
        function!(|v| real(numbers(v)?.fold(f64::NEG_INFINITY, f64::max))),
    ),
    (
        "merge",
        function!(|v| {
            let mut all = Map::new();
            for at in 0..v.len() {
                all.extend(object(v, at)?.clone());
            }
            Ok(Value::Object(all))
        }),
    ),
    (
        "min",
        function!(|v| real(numbers(v)?.fold(f64::INFINITY, f64::min))),
    ),
    (
        "modulo",
        function!(|v| match number(v, 1)? {
            0.0 => Err("division by zero".to_owned()),
            by => real(number(v, 0)? % by),
        }),
    ),
    (
        "multiply",
        function!(|v| real(number(v, 0)? * number(v, 1)?)),
    ),
    ("negate", function!(|v| real(-number(v, 0)?))),
    ("not", function!(|v| Ok(Value::Bool(!boolean(v, 0)?)))),
    (
        "notequal",
        function!(|v| Ok(Value::Bool(argument(v, 0)? != argument(v, 1)?))),
    ),
    (
        "or",
        function!(|v| Ok(Value::Bool(boolean(v, 0)? || boolean(v, 1)?))),
    ),
    (
        "regex_replace",
        function!(|v| {
            let pattern = Regex::new(&text(v, 1)?).map_err(|error| error.to_string())?;
            Ok(pattern
                .replace_all(&text(v, 0)?, text(v, 2)?.as_str())
                .into_owned()
                .into())
        }),
    ),
    (
        "replace",
        function!(|v| Ok(text(v, 0)?.replace(&text(v, 1)?, &text(v, 2)?).into())),
    ),
    (
        "reverselist",
        function!(|v| Ok(Value::Array(list(v, 0)?.iter().rev().cloned().collect()))),
    ),
    (
        "sanitize",
        function!(|v| {
            let keep = |ch: char| {
                if ch.is_ascii_alphanumeric() || ch == '_' || ch == '-' {
                    ch
                } else {
                    '_'
                }
            };
            Ok(text(v, 0)?.chars().map(keep).collect::<String>().into())
        }),
    ),
    (
        "slice",
        function!(|v| {
            let (from, to) = (number(v, 1)? as usize, number(v, 2)? as usize);
            let part = list(v, 0)?
                .get(from..to)
                .ok_or("there are no such elements")?;
            Ok(Value::Array(part.to_vec()))
        }),
    ),
    (
        "sort",
        function!(|v| {
            let texts: Option<Vec<String>> = list(v, 0)?.iter().map(as_text).collect();
            let mut texts = texts.ok_or("an element of the list is no text")?;
            texts.sort();
            Ok(Value::Array(texts.into_iter().map(Value::String).collect()))
        }),
    ),
    (
        "split",
        function!(|v| {
            let (by, whole) = (text(v, 0)?, text(v, 1)?);
            Ok(Value::Array(whole.split(&by).map(Value::from).collect()))
        }),
    ),
    ("strlen", function!(|v| whole(text(v, 0)?.chars().count()))),
    (
        "substr",
        function!(|v| {
            let (whole, from, count) = (text(v, 0)?, number(v, 1)?, number(v, 2)?);
            let length = whole.chars().count();
            let from = if from < 0.0 {
                length.saturating_sub(-from as usize)
            } else {
                from as usize
            };
            let count = if count < 0.0 { length } else { count as usize };
            Ok(whole
                .chars()
                .skip(from)
                .take(count)
                .collect::<String>()
                .into())
        }),
    ),
    (
        "subtract",
        function!(|v| real(number(v, 0)? - number(v, 1)?)),
    ),
    (
        "trim",
        function!(|v| {
            let of: Vec<char> = text(v, 1)?.chars().collect();
            Ok(text(v, 0)?.trim_matches(of.as_slice()).into())
        }),
    ),
    (
        "trimprefix",
        function!(|v| {
            let (whole, start) = (text(v, 0)?, text(v, 1)?);
            Ok(whole.strip_prefix(&start).unwrap_or(&whole).into())
        }),
    ),
    ("trimspace", function!(|v| Ok(text(v, 0)?.trim().into()))),
    (
        "trimsuffix",
        function!(|v| {
            let (whole, end) = (text(v, 0)?, text(v, 1)?);
            Ok(whole.strip_suffix(&end).unwrap_or(&whole).into())
        }),
    ),
    (
        "upper",
        function!(|v| Ok(text(v, 0)?.to_uppercase().into())),
    ),
    (
        "values",
        function!(|v| {
            let mut pairs: Vec<_> = object(v, 0)?.iter().collect();
            pairs.sort_by_key(|(key, _)| (*key).clone());
            Ok(Value::Array(
                pairs.into_iter().map(|(_, value)| value.clone()).collect(),
            ))
        }),
    ),
];
