//! A Bake file as blocks and attributes, from HCL and from JSON.

use std::collections::BTreeMap;

use hcl::edit::Span;
use hcl::edit::parser::{parse_body, parse_expr};
use hcl::edit::structure::Body;
use hcl::expr::TemplateExpr;
use hcl::{Expression, Object, ObjectKey};
use serde_json::Value as Json;

use super::fault::BakeFault;

/// An expression, and the line that it begins in; JSON has no lines.
#[derive(Debug, Clone)]
pub(super) struct LocatedExpression {
    pub expression: Expression,
    pub line: Option<usize>,
}

/// Attributes of a block, by name.
pub(super) type Attributes = BTreeMap<String, LocatedExpression>;

/// A named block.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub name: String,
    pub attributes: Attributes,
    pub line: Option<usize>,
}

/// The blocks of a file, in its order. Those of one name are one block; of an attribute that
/// they share, the last counts.
#[derive(Debug, Default)]
pub(super) struct BakeDocument {
    pub variables: Vec<Block>,
    pub groups: Vec<Block>,
    pub targets: Vec<Block>,
    /// Attributes outside of blocks, which other expressions can use like variables.
    pub globals: Attributes,
    /// Names of functions that the file defines.
    pub functions: Vec<String>,
}

impl BakeDocument {
    pub fn of_hcl(text: &str) -> Result<Self, BakeFault> {
        let body = parse_body(text).map_err(|error| {
            let line = Some(error.location().line());
            BakeFault::new(line, error.message(), "correct the syntax of the file")
        })?;
        let line = |span: Option<std::ops::Range<usize>>| {
            let before = span.and_then(|span| text.get(..span.start));
            before.map(|before| before.matches('\n').count() + 1)
        };
        let attributes = |body: &Body| -> Attributes {
            let all = body.attributes().map(|one| {
                let item = LocatedExpression {
                    expression: one.value.clone().into(),
                    line: line(one.span()),
                };
                (one.key.as_str().to_owned(), item)
            });
            all.collect()
        };
        let mut document = Self {
            globals: attributes(&body),
            ..Self::default()
        };
        for block in body.blocks() {
            let at = line(block.span());
            let kind = block.ident.as_str();
            let [name] = block.labels.as_slice() else {
                let said = format!("a `{kind}` block needs one name");
                return Err(BakeFault::new(
                    at,
                    said,
                    format!("write {kind} \"NAME\" {{ … }}"),
                ));
            };
            let block = Block {
                name: name.as_str().to_owned(),
                attributes: attributes(&block.body),
                line: at,
            };
            document.add(kind, block)?;
        }
        Ok(document)
    }

    pub fn of_json(text: &str) -> Result<Self, BakeFault> {
        let value: Json = serde_json::from_str(text).map_err(|error| {
            let line = Some(error.line());
            BakeFault::new(line, error, "correct the syntax of the file")
        })?;
        let Json::Object(root) = value else {
            let said = "the file is no object of blocks";
            return Err(BakeFault::new(
                None,
                said,
                "write {\"target\": {\"NAME\": {…}}}",
            ));
        };
        let mut document = Self::default();
        for (kind, blocks) in &root {
            let Json::Object(blocks) = blocks else {
                let item = LocatedExpression {
                    expression: of_value(blocks)?,
                    line: None,
                };
                document.globals.insert(kind.clone(), item);
                continue;
            };
            for (name, attributes) in blocks {
                let mut block = Block {
                    name: name.clone(),
                    ..Block::default()
                };
                for (key, value) in attributes.as_object().into_iter().flatten() {
                    let item = LocatedExpression {
                        expression: of_value(value)?,
                        line: None,
                    };
                    block.attributes.insert(key.clone(), item);
                }
                document.add(kind, block)?;
            }
        }
        Ok(document)
    }

    fn add(&mut self, kind: &str, block: Block) -> Result<(), BakeFault> {
        let blocks = match kind {
            "variable" => &mut self.variables,
            "group" => &mut self.groups,
            "target" => &mut self.targets,
            "function" => {
                self.functions.push(block.name);
                return Ok(());
            }
            other => {
                let said = format!("unknown block `{other}`");
                let hint = "a Bake file has the blocks variable, group, target and function";
                return Err(BakeFault::new(block.line, said, hint));
            }
        };
        match blocks.iter_mut().find(|known| known.name == block.name) {
            Some(known) => known.attributes.extend(block.attributes),
            None => blocks.push(block),
        }
        Ok(())
    }
}

/// Strings in JSON are templates: "${TAG}" is the value of the variable.
fn of_value(value: &Json) -> Result<Expression, BakeFault> {
    Ok(match value {
        Json::Null => Expression::Null,
        Json::Bool(yes) => Expression::Bool(*yes),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Expression::Number(whole.into()),
            (None, real) => match real.and_then(hcl::Number::from_f64) {
                Some(number) => Expression::Number(number),
                None => {
                    return Err(BakeFault::new(
                        None,
                        format!("invalid number {number}"),
                        "correct it",
                    ));
                }
            },
        },
        Json::String(text) => of_text(text)?,
        Json::Array(items) => {
            Expression::Array(items.iter().map(of_value).collect::<Result<_, _>>()?)
        }
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| {
                let key = ObjectKey::Expression(Expression::String(key.clone()));
                Ok((key, of_value(value)?))
            });
            Expression::Object(pairs.collect::<Result<Object<_, _>, BakeFault>>()?)
        }
    })
}

fn of_text(text: &str) -> Result<Expression, BakeFault> {
    if !text.contains("${") && !text.contains("%{") {
        return Ok(Expression::String(text.to_owned()));
    }
    let whole = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    if let Some(inner) = whole.filter(|inner| !inner.contains("${"))
        && let Ok(expression) = parse_expr(inner)
    {
        return Ok(expression.into());
    }
    Ok(Expression::from(TemplateExpr::from(text)))
}
