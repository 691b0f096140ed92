//! Variables and functions of a Bake file, and the values of its expressions.

use std::collections::BTreeMap;

use hcl::eval::{Context, Evaluate};
use hcl::{Expression, Identifier, Number, Value};

use super::document::{BakeDocument, Block, LocatedExpression};
use super::fault::BakeFault;
use super::functions::declare;

/// Values by name.
pub(super) type NamedValues = BTreeMap<String, Value>;

/// What expressions can use.
#[derive(Debug)]
pub(super) struct Scope {
    context: Context<'static>,
    /// Variables that have no value, and why.
    failed: BTreeMap<String, String>,
    /// Functions that the file defines itself.
    functions: Vec<String>,
}

impl Scope {
    /// The values of all variables. Those of the environment go before the defaults, as text, or
    /// as what the default is. One may use others, in any order.
    ///
    /// # Errors
    /// A value of the environment that is not what the default is.
    pub fn of(
        document: &BakeDocument,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, BakeFault> {
        let mut context = Context::new();
        declare(&mut context);
        let mut scope = Self {
            context,
            failed: BTreeMap::new(),
            functions: document.functions.clone(),
        };
        let blocks = document.variables.iter().map(Definition::Block);
        let globals = document.globals.iter();
        let globals = globals.map(|(name, item)| Definition::Global(name, item));
        let mut open: Vec<Definition<'_>> = blocks.chain(globals).collect();
        // Each pass settles those whose variables are settled.
        loop {
            let before = open.len();
            let mut left = Vec::new();
            for one in open {
                match one.value(&scope, environment)? {
                    Ok(value) => scope
                        .context
                        .declare_var(Identifier::sanitized(one.name()), value),
                    Err(why) => {
                        scope.failed.insert(one.name().to_owned(), why);
                        left.push(one);
                    }
                }
            }
            open = left;
            if open.is_empty() || open.len() == before {
                break;
            }
        }
        let failed: Vec<String> = open.iter().map(|one| one.name().to_owned()).collect();
        scope.failed.retain(|name, _| failed.contains(name));
        Ok(scope)
    }

    /// The value of an expression, with further variables.
    ///
    /// # Errors
    /// What it uses does not exist, or is not what is needed.
    pub fn value(&self, item: &LocatedExpression, more: &NamedValues) -> Result<Value, BakeFault> {
        let mut context = self.context.clone();
        for (name, value) in more {
            context.declare_var(Identifier::sanitized(name.as_str()), value.clone());
        }
        let value = evaluated(&item.expression, &context);
        value.map_err(|why| BakeFault::beyond(item.line, self.explained(why)))
    }

    /// With the reason why a variable has no value, or that the function is the file's own.
    fn explained(&self, why: String) -> String {
        for (name, reason) in &self.failed {
            if why.contains(&format!("undefined variable `{name}`")) {
                return format!("the variable `{name}` has no value: {reason}");
            }
        }
        for name in &self.functions {
            if why.contains(&format!("undefined function `{name}`")) {
                return format!(
                    "plimsoll does not run the function `{name}` that the file defines"
                );
            }
        }
        why
    }
}

fn evaluated(expression: &Expression, context: &Context<'_>) -> Result<Value, String> {
    expression
        .evaluate(context)
        .map_err(|error| error.to_string())
}

/// What gives a variable its value.
enum Definition<'d> {
    Block(&'d Block),
    Global(&'d String, &'d LocatedExpression),
}

impl Definition<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Block(block) => &block.name,
            Self::Global(name, _) => name,
        }
    }

    /// `Err` within says why it has none yet.
    fn value(
        &self,
        scope: &Scope,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Result<Value, String>, BakeFault> {
        let of = |item: &LocatedExpression| evaluated(&item.expression, &scope.context);
        let block = match self {
            Self::Global(_, item) => return Ok(of(item)),
            Self::Block(block) => block,
        };
        let default = block.attributes.get("default");
        let default = match default.map(of).transpose() {
            Ok(value) => value,
            Err(why) => return Ok(Err(why)),
        };
        let Some(given) = environment(&block.name) else {
            // Without a type and a default it is an empty text.
            let is_typed = block.attributes.contains_key("type");
            let none = if is_typed {
                Value::Null
            } else {
                Value::from("")
            };
            return Ok(Ok(default.unwrap_or(none)));
        };
        let value = match &default {
            None | Some(Value::Null | Value::String(_)) => Some(Value::String(given.clone())),
            Some(Value::Bool(_)) => boolean(&given),
            Some(Value::Number(_)) => number(&given).map(Value::Number),
            Some(Value::Array(_) | Value::Object(_)) => None,
        };
        value.map(Ok).ok_or_else(|| {
            // Without the value, which may be a secret.
            let said = format!(
                "the value of `{}` in the environment is not of the type of its default",
                block.name
            );
            BakeFault::beyond(block.line, said)
        })
    }
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" => Some(Value::Bool(true)),
        "0" | "f" | "false" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => text.parse().ok().and_then(Number::from_f64),
    }
}
