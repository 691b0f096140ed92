//! Secrets of builds, as `docker build --secret` has them.

use std::path::Path;

use crate::secrets::Secret;

/// BuildKit takes no larger ones.
const MOST_BYTES: usize = 500 * 1024;

/// `id=NAME`, with `src=FILE` or `env=VARIABLE`: without either the environment variable NAME,
/// else the file NAME. The value is read now: a run of hours ends with the one it began with.
pub(super) fn build_secret(text: &str) -> Result<(String, Secret), String> {
    let form = "write `id=NAME,src=FILE` or `id=NAME,env=VARIABLE`";
    let (mut id, mut file, mut variable) = (None, None, None);
    for part in text.split(',') {
        match part.split_once('=') {
            Some(("id", name)) if !name.is_empty() => id = Some(name),
            Some(("src" | "source", path)) => file = Some(path),
            Some(("env", name)) => variable = Some(name),
            Some(("type", "file" | "env")) => {}
            _ => return Err(format!("unknown part `{part}`; {form}")),
        }
    }
    let id = id.ok_or_else(|| format!("it has no id; {form}"))?;
    let of_variable = |name: &str| {
        let value = std::env::var(name);
        value.map_err(|_| format!("the environment variable `{name}` has no text as its value"))
    };
    let value = match (file, variable) {
        (Some(_), Some(_)) => return Err(format!("it has two sources; {form}")),
        (Some(path), None) => of_file(Path::new(path))?,
        (None, Some(name)) => of_variable(name)?,
        (None, None) => match std::env::var_os(id) {
            Some(_) => of_variable(id)?,
            None => of_file(Path::new(id)).map_err(|error| format!("{error}; {form}"))?,
        },
    };
    if value.len() > MOST_BYTES {
        return Err(format!(
            "`{id}` has more than {MOST_BYTES} bytes, which no builder takes"
        ));
    }
    Ok((id.to_owned(), Secret(value)))
}

fn of_file(path: &Path) -> Result<String, String> {
    crate::files::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_a_file_or_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("npmrc");
        std::fs::write(&file, "token=1\n").unwrap();
        let of = |text: &str| build_secret(text).map(|(id, Secret(value))| (id, value));
        let from_file = format!("type=file,id=npm,src={}", file.display());
        assert_eq!(
            of(&from_file),
            Ok(("npm".to_owned(), "token=1\n".to_owned()))
        );
        let path = std::env::var("PATH").unwrap();
        assert_eq!(of("id=p,env=PATH"), Ok(("p".to_owned(), path.clone())));
        assert_eq!(of("id=PATH"), Ok(("PATH".to_owned(), path)));
        for (text, said) in [
            ("npm", "unknown part `npm`"),
            ("src=x", "it has no id"),
            ("id=", "unknown part"),
            ("id=a,src=b,env=c", "two sources"),
            ("id=a,env=NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE"),
            ("id=/not/there", "id=NAME,src=FILE"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        std::fs::write(&file, vec![b'x'; MOST_BYTES + 1]).unwrap();
        assert!(of(&from_file).unwrap_err().contains("no builder takes"));
    }
}
