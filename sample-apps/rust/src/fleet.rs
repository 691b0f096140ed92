//! Keeps ships, and how deep each is loaded, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

const NAME_LIMIT: usize = 80;
const DEADWEIGHT_LIMIT: i64 = 500_000;

/// What ship to register.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// Her name; white space around it is dropped.
    pub name: String,
    /// What she may carry.
    pub deadweight_tonnes: i64,
}

/// One ship of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ship {
    /// Her place in the API.
    pub id: Uuid,
    /// Her name.
    pub name: String,
    /// What she may carry.
    pub deadweight_tonnes: i64,
    /// What she carries.
    pub loaded_tonnes: i64,
    /// When she was registered, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub registered: OffsetDateTime,
}

/// The wrong fields of an order, and why each is wrong.
pub type Wrong = BTreeMap<&'static str, &'static str>;

/// Why the fleet refuses.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields of an order are wrong.
    #[error("invalid request")]
    Invalid(Wrong),
    /// No ship has the id.
    #[error("no such ship")]
    Unknown,
    /// More than she may carry.
    #[error("the ship would lie below her line")]
    TooDeep,
    /// More than she carries.
    #[error("so much is not on board")]
    TooLight,
}

impl Order {
    fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Wrong::new();
        let length = self.name.trim().chars().count();
        if length == 0 || length > NAME_LIMIT {
            wrong.insert("name", "must have 1 to 80 characters");
        }
        if !(1..=DEADWEIGHT_LIMIT).contains(&self.deadweight_tonnes) {
            wrong.insert("deadweightTonnes", "must be from 1 to 500000");
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(wrong))
        }
    }
}

/// Ships by id; to be shared between requests.
pub struct Fleet {
    ships: RwLock<HashMap<Uuid, Ship>>,
    now: fn() -> OffsetDateTime,
}

impl Fleet {
    /// An empty fleet that takes the time from `now`.
    pub fn new(now: fn() -> OffsetDateTime) -> Self {
        Self {
            ships: RwLock::default(),
            now,
        }
    }

    /// Adds a ship.
    pub fn register(&self, order: &Order) -> Result<Ship, Refusal> {
        order.check()?;
        let ship = Ship {
            id: Uuid::new_v4(),
            name: order.name.trim().to_owned(),
            deadweight_tonnes: order.deadweight_tonnes,
            loaded_tonnes: 0,
            registered: (self.now)(),
        };
        self.write().insert(ship.id, ship.clone());
        Ok(ship)
    }

    /// Lists the fleet by name.
    pub fn ships(&self) -> Vec<Ship> {
        let mut ships: Vec<Ship> = self.read().values().cloned().collect();
        ships.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        ships
    }

    /// Finds one ship.
    pub fn ship(&self, id: Uuid) -> Result<Ship, Refusal> {
        self.read().get(&id).cloned().ok_or(Refusal::Unknown)
    }

    /// Puts tonnes on board, or takes them off if negative.
    pub fn load(&self, id: Uuid, tonnes: i64) -> Result<Ship, Refusal> {
        let mut ships = self.write();
        let ship = ships.get_mut(&id).ok_or(Refusal::Unknown)?;
        let loaded = ship.loaded_tonnes.saturating_add(tonnes);
        if loaded > ship.deadweight_tonnes {
            return Err(Refusal::TooDeep);
        }
        if loaded < 0 {
            return Err(Refusal::TooLight);
        }
        ship.loaded_tonnes = loaded;
        Ok(ship.clone())
    }

    /// Removes a ship.
    pub fn scrap(&self, id: Uuid) -> Result<(), Refusal> {
        self.write().remove(&id).map(|_| ()).ok_or(Refusal::Unknown)
    }

    // No ship is ever left half changed, so a panic elsewhere does not spoil the map.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<Uuid, Ship>> {
        self.ships.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Uuid, Ship>> {
        self.ships.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> Fleet {
        Fleet::new(|| OffsetDateTime::UNIX_EPOCH)
    }

    fn register(fleet: &Fleet, name: &str) -> Ship {
        fleet
            .register(&Order {
                name: name.to_owned(),
                deadweight_tonnes: 100,
            })
            .unwrap()
    }

    #[test]
    fn a_ship_is_written_as_clients_read_it() {
        let ship = register(&fleet(), "  Fram ");
        let written = serde_json::to_value(&ship).unwrap();
        let expected = serde_json::json!({
            "id": ship.id, "name": "Fram", "deadweightTonnes": 100, "loadedTonnes": 0,
            "registered": "1970-01-01T00:00:00Z",
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<Ship>(written).unwrap(), ship);
    }

    #[test]
    fn every_wrong_field_is_named() {
        for (name, tonnes) in [(" ".to_owned(), 0), ("x".repeat(81), 500_001)] {
            let refused = fleet().register(&Order {
                name,
                deadweight_tonnes: tonnes,
            });
            let Err(Refusal::Invalid(wrong)) = refused else {
                panic!("got {refused:?}")
            };
            assert_eq!(
                wrong.into_keys().collect::<Vec<_>>(),
                ["deadweightTonnes", "name"]
            );
        }
    }

    #[test]
    fn a_name_is_counted_in_characters() {
        let order = Order {
            name: "ø".repeat(80),
            deadweight_tonnes: 1,
        };
        assert!(fleet().register(&order).is_ok());
    }

    #[test]
    fn the_line_holds() {
        let fleet = fleet();
        let id = register(&fleet, "Fram").id;
        let steps = [
            (60, Ok(60)),
            (41, Err(Refusal::TooDeep)),
            (40, Ok(100)),
            (i64::MAX, Err(Refusal::TooDeep)),
            (-101, Err(Refusal::TooLight)),
            (i64::MIN, Err(Refusal::TooLight)),
            (-100, Ok(0)),
        ];
        for (tonnes, expected) in steps {
            let before = fleet.ship(id).unwrap().loaded_tonnes;
            let after = *expected.as_ref().unwrap_or(&before);
            let got = fleet.load(id, tonnes).map(|ship| ship.loaded_tonnes);
            assert_eq!(got, expected, "load {tonnes}");
            assert_eq!(
                fleet.ship(id).unwrap().loaded_tonnes,
                after,
                "after {tonnes}"
            );
        }
    }

    #[test]
    fn an_unknown_ship() {
        let fleet = fleet();
        assert_eq!(fleet.ship(Uuid::nil()), Err(Refusal::Unknown));
        assert_eq!(fleet.load(Uuid::nil(), 1), Err(Refusal::Unknown));
        assert_eq!(fleet.scrap(Uuid::nil()), Err(Refusal::Unknown));
    }

    #[test]
    fn ships_are_listed_by_name() {
        let fleet = fleet();
        for name in ["Vega", "Belgica", "Fram"] {
            register(&fleet, name);
        }
        let scrapped = register(&fleet, "Endurance");
        fleet.scrap(scrapped.id).unwrap();
        let names: Vec<String> = fleet.ships().into_iter().map(|ship| ship.name).collect();
        assert_eq!(names, ["Belgica", "Fram", "Vega"]);
    }

    #[test]
    fn many_load_at_once() {
        let fleet = fleet();
        let id = register(&fleet, "Fram").id;
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..25).for_each(|_| drop(fleet.load(id, 1))));
            }
        });
        assert_eq!(fleet.ship(id).unwrap().loaded_tonnes, 100, "the line");
    }
}
