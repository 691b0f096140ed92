//! Services that the app needs, in the short form of the command line.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::oci::ImageReference;
use crate::scenario::{is_kebab, parse_ready, unreachable};

/// A service that is started and ready before the app, in a private network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The host name by which the app reaches it.
    pub name: String,
    /// The reference of its image.
    pub image: String,
    /// How it shows that it is ready, as scenarios have it.
    pub ready: String,
    /// Environment of its container.
    pub env: BTreeMap<String, String>,
    /// What it runs instead of the image's command; empty for that.
    pub command: Vec<String>,
}

/// What an official image needs to start, and the port that it opens last.
struct Known {
    image: &'static str,
    port: u16,
    env: &'static [(&'static str, &'static str)],
    command: &'static [&'static str],
}

const fn known(image: &'static str, port: u16) -> Known {
    Known {
        image,
        port,
        env: &[],
        command: &[],
    }
}

/// From the documentation of these images. Their users need no password then: nobody else is in
/// the network.
const KNOWN: [Known; 12] = [
    Known {
        env: &[("POSTGRES_HOST_AUTH_METHOD", "trust")],
        ..known("postgres", 5432)
    },
    Known {
        env: &[("POSTGRES_HOST_AUTH_METHOD", "trust")],
        ..known("postgis", 5432)
    },
    Known {
        env: &[("MYSQL_ALLOW_EMPTY_PASSWORD", "yes")],
        ..known("mysql", 3306)
    },
    Known {
        env: &[("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "yes")],
        ..known("mariadb", 3306)
    },
    known("redis", 6379),
    known("valkey", 6379),
    known("memcached", 11211),
    known("mongo", 27017),
    known("rabbitmq", 5672),
    known("nats", 4222),
    known("mailpit", 1025),
    Known {
        command: &["server", "/data"],
        ..known("minio", 9000)
    },
];

/// The form, for errors and for the help.
const FORM: &str = "write NAME=IMAGE, with `,ready=HOW` and `,env.NAME=VALUE` behind it if needed";

impl Service {
    /// Whether plimsoll knows when an image is ready.
    pub(super) fn is_known(image: &str) -> bool {
        Self::known(image).is_some()
    }

    /// What plimsoll knows of an image, by the last part of its name.
    fn known(image: &str) -> Option<&'static Known> {
        let name = image.rsplit('/').next().unwrap_or(image);
        let name = name.split([':', '@']).next().unwrap_or(name);
        KNOWN.iter().find(|known| known.image == name)
    }
}

impl Service {
    /// A service, with what is known of its image where nothing is said.
    ///
    /// # Errors
    /// A name that the app cannot reach; an image that is none, or of which it is not known
    /// when it is ready.
    pub(super) fn of(
        name: &str,
        image: &str,
        mut ready: Option<String>,
        mut env: BTreeMap<String, String>,
        mut command: Vec<String>,
    ) -> Result<Self, String> {
        if !is_kebab(name) {
            let said = "is not a host name of small letters, digits and single dashes";
            return Err(format!("`{name}` {said}; {FORM}"));
        }
        if let Some(reason) = unreachable(name) {
            return Err(format!("a service cannot be named `{name}`: {reason}"));
        }
        if let Err(error) = image.parse::<ImageReference>() {
            return Err(format!("invalid image reference: {error}; {FORM}"));
        }
        let known = Self::known(image);
        if let Some(known) = known {
            ready = ready.or_else(|| Some(format!("tcp://:{}", known.port)));
            if command.is_empty() {
                command.extend(known.command.iter().map(|word| (*word).to_owned()));
            }
            // Who says how one gets in needs no other way.
            let says = |name: &String| name.contains("PASSWORD") || name.contains("AUTH");
            if !env.keys().any(says) {
                let pairs = known.env.iter();
                env.extend(pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            }
        }
        let ready = ready.ok_or_else(|| {
            format!(
                "it is not known when `{image}` is ready; add `,ready=tcp://:PORT`, `,ready=http://:PORT/PATH`, `,ready=log:REGEX` or `,ready=healthy`"
            )
        })?;
        Ok(Self {
            name: name.to_owned(),
            image: image.to_owned(),
            ready,
            env,
            command,
        })
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once('=').ok_or(FORM)?;
        let mut parts = rest.split(',');
        let image = parts.next().unwrap_or_default();
        let (mut ready, mut env) = (None, BTreeMap::new());
        for part in parts {
            match part.split_once('=') {
                Some(("ready", how)) => {
                    if let Err(error) = parse_ready(how) {
                        return Err(format!("{}; {}", error.reason, error.hint()));
                    }
                    ready = Some(how.to_owned());
                }
                Some((key, value)) if key.len() > "env.".len() && key.starts_with("env.") => {
                    env.insert(key["env.".len()..].to_owned(), value.to_owned());
                }
                _ => return Err(format!("unknown part `{part}`; {FORM}")),
            }
        }
        Self::of(name, image, ready, env, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn what_common_images_need_is_known() {
        let db: Service = "db=postgres:16".parse().unwrap();
        assert_eq!((db.name.as_str(), db.ready.as_str()), ("db", "tcp://:5432"));
        assert_eq!(db.env, env(&[("POSTGRES_HOST_AUTH_METHOD", "trust")]));
        let files: Service = "files=quay.io/minio/minio:latest".parse().unwrap();
        assert_eq!(files.command, ["server", "/data"]);
        let cache: Service = "my-cache=mirror.example.com:5000/redis:7".parse().unwrap();
        assert_eq!(
            (cache.image.as_str(), cache.ready.as_str()),
            ("mirror.example.com:5000/redis:7", "tcp://:6379")
        );
    }

    #[test]
    fn what_is_said_goes_before_what_is_known() {
        let db: Service = "db=postgres:16,env.POSTGRES_PASSWORD=a=b,ready=healthy"
            .parse()
            .unwrap();
        assert_eq!(db.ready, "healthy");
        assert_eq!(db.env, env(&[("POSTGRES_PASSWORD", "a=b")]));
        let db: Service = "db=postgres:16,env.POSTGRES_DB=app".parse().unwrap();
        let both = [
            ("POSTGRES_DB", "app"),
            ("POSTGRES_HOST_AUTH_METHOD", "trust"),
        ];
        assert_eq!(db.env, env(&both));
        let own: Service = "auth=example.com/auth:1,ready=http://:8080/up"
            .parse()
            .unwrap();
        assert_eq!(own.ready, "http://:8080/up");
    }

    #[test]
    fn what_is_wrong_is_named_with_the_form() {
        for (text, said) in [
            ("postgres:16", "NAME=IMAGE"),
            ("DB=postgres:16", "not a host name"),
            ("app=postgres:16", "the app's own name"),
            ("db=", "invalid image reference"),
            ("db=example.com/x:1", "ready=tcp://:PORT"),
            ("db=postgres:16,port=5432", "unknown part `port=5432`"),
            ("db=postgres:16,ready=udp://:53", "unknown form"),
            ("db=postgres:16,env.=1", "unknown part"),
        ] {
            let error = text.parse::<Service>().unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
