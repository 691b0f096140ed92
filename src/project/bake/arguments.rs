//! Arguments of functions of a Bake file, and their results.

use hcl::{Map, Number, Value};

use super::text::text as as_text;

/// What a function gives, or why it cannot.
pub(super) type FunctionResult = Result<Value, String>;

pub(super) fn argument(values: &[Value], at: usize) -> Result<&Value, String> {
    let missing = || format!("argument {} is missing", at + 1);
    values.get(at).ok_or_else(missing)
}

pub(super) fn text(values: &[Value], at: usize) -> Result<String, String> {
    let wrong = || format!("argument {} is no text", at + 1);
    as_text(argument(values, at)?).ok_or_else(wrong)
}

pub(super) fn number(values: &[Value], at: usize) -> Result<f64, String> {
    let wrong = || format!("argument {} is no number", at + 1);
    match argument(values, at)? {
        Value::Number(number) => number.as_f64().ok_or_else(wrong),
        Value::String(text) => text.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

pub(super) fn numbers(values: &[Value]) -> Result<impl Iterator<Item = f64>, String> {
    if values.is_empty() {
        return Err("there is no argument".to_owned());
    }
    let all: Result<Vec<f64>, String> = (0..values.len()).map(|at| number(values, at)).collect();
    Ok(all?.into_iter())
}

pub(super) fn boolean(values: &[Value], at: usize) -> Result<bool, String> {
    match argument(values, at)? {
        Value::Bool(yes) => Ok(*yes),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(format!("argument {} is neither true nor false", at + 1)),
    }
}

pub(super) fn list(values: &[Value], at: usize) -> Result<&Vec<Value>, String> {
    let wrong = || format!("argument {} is no list", at + 1);
    argument(values, at)?.as_array().ok_or_else(wrong)
}

pub(super) fn object(values: &[Value], at: usize) -> Result<&Map<String, Value>, String> {
    let wrong = || format!("argument {} is no object", at + 1);
    argument(values, at)?.as_object().ok_or_else(wrong)
}

/// A number, whole where it is.
pub(super) fn real(number: f64) -> FunctionResult {
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    let number = match is_whole {
        true => Some(Number::from(number as i64)),
        false => Number::from_f64(number),
    };
    number
        .map(Value::Number)
        .ok_or_else(|| "the result is no number".to_owned())
}

pub(super) fn whole(count: usize) -> FunctionResult {
    let count = i64::try_from(count).map_err(|error| error.to_string())?;
    Ok(Value::Number(count.into()))
}

pub(super) fn flatten(items: &[Value], flat: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::Array(inner) => flatten(inner, flat),
            other => flat.push(other.clone()),
        }
    }
}

/// `%s`, `%d`, `%v`, `%q` and `%%`.
pub(super) fn format_text(form: &str, values: &[Value]) -> Result<String, String> {
    let mut values = values.iter();
    let mut made = String::new();
    let mut chars = form.chars();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            made.push(ch);
            continue;
        }
        let verb = chars.next();
        if verb == Some('%') {
            made.push('%');
            continue;
        }
        let value = values.next().ok_or("there are too few arguments")?;
        let value = as_text(value).ok_or("an argument is no text")?;
        match verb {
            Some('s' | 'd' | 'v') => made.push_str(&value),
            Some('q') => made.push_str(&Value::String(value).to_string()),
            other => {
                let verb = other.map(String::from).unwrap_or_default();
                return Err(format!("plimsoll does not know the verb `%{verb}`"));
            }
        }
    }
    Ok(made)
}

/// As often as its lists are long; what is no list is the same each time.
pub(super) fn formatted_list(values: &[Value]) -> FunctionResult {
    let form = text(values, 0)?;
    let lengths = values[1..].iter().filter_map(Value::as_array).map(Vec::len);
    let Some(length) = lengths.min() else {
        return Ok(Value::Array(vec![format_text(&form, &values[1..])?.into()]));
    };
    let rows = (0..length).map(|at| {
        let row: Vec<Value> = values[1..]
            .iter()
            .map(|one| {
                one.as_array()
                    .map_or_else(|| one.clone(), |items| items[at].clone())
            })
            .collect();
        format_text(&form, &row).map(Value::String)
    });
    rows.collect::<Result<Vec<_>, String>>().map(Value::Array)
}
