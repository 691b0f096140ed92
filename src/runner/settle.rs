//! What becomes of the records that a run leaves in the builder's cache.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::bench::{Bench, World};
use super::cache::Before;
use super::error::RunError;
use super::event::Event;
use super::planned_case::PlannedCase;
use super::recorder::Recorder;
use super::sweep::sweep;
use crate::engine::{Engine, OwnedKind};
use crate::record::ImageStore;
use crate::units::Bytes;

impl<W: World> Bench<W> {
    /// Takes over the records of a visit that an earlier process of this run did not finish,
    /// and notes them: the next visit's notes take the place of that one's.
    pub(super) async fn take_over_cache(
        &mut self,
        recorder: &mut dyn Recorder,
    ) -> Result<(), RunError> {
        let Some(notes) = recorder.noted_visit().filter(|_| self.prunes()) else {
            return Ok(());
        };
        match self.engine.build_cache().await {
            Ok(records) => {
                let found = notes.attribute(&records);
                self.doubtful_cache.extend(found.doubtful);
                self.pending_cache.extend(found.ours);
                let noted = recorder.note_cache(&self.pending_cache);
                noted.map_err(RunError::Record)
            }
            Err(error) => {
                self.warn_of_cache("listed", &error.chain());
                Ok(())
            }
        }
    }

    /// Removes containers and networks that an earlier process of this run left: those of the
    /// visit that is made again have the same names.
    pub(super) async fn sweep_before_resume(&mut self) {
        if self.record.commands.len() < 2 {
            return;
        }
        let run = Some(self.record.id.clone());
        let (_, kept) = sweep(self.engine.as_ref(), |item| {
            item.run == run && matches!(item.kind, OwnedKind::Container | OwnedKind::Network)
        })
        .await;
        for warning in kept {
            self.warn(warning);
        }
    }

    /// Notes what is in the builder's cache before a visit. Where the engine does not list it
    /// that is reported, and what it listed last counts.
    pub(super) async fn note_cache_before(
        &mut self,
        case: Option<&PlannedCase>,
        recorder: &mut dyn Recorder,
    ) -> Result<(), RunError> {
        if case.is_some_and(|case| case.spec.ready_image.is_some()) {
            // Such a visit builds nothing: what comes up meanwhile is somebody else's.
            self.cache_listed = None;
            return Ok(());
        }
        let ids = self.cache_ids().await.or_else(|| self.cache_listed.clone());
        let Some(ids) = ids else {
            return Ok(());
        };
        let before = Before::new(ids, case, self.asked);
        let before = match self.cache_before.take() {
            Some(earlier) => before.with(earlier),
            None => before,
        };
        let noted = match self.prunes() {
            true => recorder.note_visit(Some(&before.notes)),
            false => Ok(()),
        };
        self.cache_before = Some(before);
        noted.map_err(RunError::Record)
    }

    /// Whether this run removes its records of the builder's cache.
    fn prunes(&self) -> bool {
        self.settings.prune_own_cache && !self.settings.own_builder
    }

    /// The ids of the builder's records; none where it does not list them, which is reported.
    async fn cache_ids(&mut self) -> Option<BTreeSet<String>> {
        match self.engine.build_cache().await {
            Ok(records) => Some(records.into_iter().map(|record| record.id).collect()),
            Err(error) => {
                self.warn_of_cache("listed", &error.chain());
                None
            }
        }
    }

    /// Once for each reason, however many visits it happens in.
    fn warn_of_cache(&mut self, what: &str, why: &str) {
        self.warn(format!(
            "records of the builder's cache could not be {what}, so those of this run may stay: {why}"
        ));
    }

    /// Removes the cache records that the visit left, as far as they can be distinguished. With
    /// a limit it gives up after that long; what is left is noted.
    pub(super) async fn settle_cache(
        &mut self,
        recorder: &mut dyn Recorder,
        within: Option<Duration>,
    ) -> Result<(), RunError> {
        let wanted = self.prunes();
        let Some(before) = self.cache_before.take().filter(|_| wanted) else {
            return Ok(());
        };
        if within.is_some() && self.prunes_one_by_one() {
            let removing = "removing this run's records of the builder's cache";
            self.observer.on_event(Event::Cleanup(removing));
        }
        let began = Instant::now();
        let listed = self.engine.build_cache();
        let listed = match within {
            Some(within) => tokio::time::timeout(within, listed).await.ok(),
            None => Some(listed.await),
        };
        let after = match listed {
            Some(Ok(after)) => after,
            // Kept, so that after the next visit the records of both can be distinguished.
            Some(Err(error)) => {
                self.cache_before = Some(before);
                self.warn_of_cache("listed", &error.chain());
                return Ok(());
            }
            None => {
                self.cache_before = Some(before);
                self.warn_of_cache("listed", "the engine gave no list in time");
                return Ok(());
            }
        };
        let found = before.attribute(&after, self.asked);
        self.doubtful_cache.extend(found.doubtful);
        self.pending_cache.extend(found.ours);
        if !self.pending_cache.is_empty() {
            recorder
                .note_cache(&self.pending_cache)
                .map_err(RunError::Record)?;
        }
        self.cache_listed = Some(after.into_iter().map(|record| record.id).collect());
        if self.prunes_one_by_one() && !self.pending_cache.is_empty() {
            self.prune(recorder, within, began).await?;
        }
        recorder.note_visit(None).map_err(RunError::Record)
    }

    /// Removes the records that are noted, until so long after `began` where there is a limit.
    async fn prune(
        &mut self,
        recorder: &mut dyn Recorder,
        within: Option<Duration>,
        began: Instant,
    ) -> Result<(), RunError> {
        let ids: Vec<_> = self.pending_cache.iter().cloned().collect();
        let pruned = self.engine.prune_cache(&ids);
        let pruned = match within {
            Some(within) => {
                let left = within.saturating_sub(began.elapsed());
                tokio::time::timeout(left, pruned).await
            }
            None => Ok(pruned.await),
        };
        match pruned {
            Ok(Ok(gone)) => {
                for id in gone {
                    self.pending_cache.remove(&id);
                    if let Some(listed) = &mut self.cache_listed {
                        listed.remove(&id);
                    }
                }
                recorder
                    .note_cache(&self.pending_cache)
                    .map_err(RunError::Record)?;
            }
            Ok(Err(error)) => self.warn_of_cache("removed", &error.chain()),
            Err(_) => self.warn(
                "the builder is slow to remove its records of this run; `plimsoll clean` removes \
                 what is left"
                    .to_owned(),
            ),
        }
        Ok(())
    }

    /// Whether single records can be removed and the user's layer cache stays what it is. On
    /// the containerd store the builder forgets what it knows of pulled and loaded bases then
    /// (`control.Prune` of BuildKit releases with a context that is cancelled already).
    pub(super) fn prunes_one_by_one(&self) -> bool {
        self.record.engine.store == ImageStore::GraphDriver
    }

    /// Says what of the builder's cache stays.
    pub(super) async fn warn_of_kept_cache(&mut self) {
        if !self.doubtful_cache.is_empty() {
            self.warn(format!(
                "{} records of the builder's cache came up while another build ran as well; their \
                 ownership is unknown, so they are left in place",
                self.doubtful_cache.len()
            ));
        }
        if self.pending_cache.is_empty() || self.prunes_one_by_one() {
            return;
        }
        let records = match self.engine.build_cache().await {
            Ok(records) => records,
            Err(error) => return self.warn_of_cache("listed", &error.chain()),
        };
        let ours = records
            .iter()
            .filter(|record| self.pending_cache.contains(&record.id));
        let (count, bytes) = ours.fold((0, Bytes(0)), |(count, bytes), record| {
            (count + 1, bytes + record.size)
        });
        if count > 0 {
            self.warn(format!(
                "{count} records of this run ({bytes}) stay in the builder's cache: on this image \
                 store their removal would make your own builds start from nothing; \
                 `plimsoll clean --build-cache` removes them"
            ));
        }
    }
}
