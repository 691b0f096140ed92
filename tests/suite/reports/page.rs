//! `report.md`, whole.

use super::builder::{Build, MS, four_variants};
use super::rows;
use insta::assert_snapshot;
use plimsoll::export::steps_csv;
use plimsoll::record::Metric;
use plimsoll::report::report_md;
use plimsoll::tables::floor_table;

#[test]
#[expect(clippy::too_many_lines, reason = "one snapshot of a page")]
fn the_page_holds_everything() {
    let mut run = four_variants();
    run.cold_build(
        "single-stage",
        3,
        &[
            ("[1/3] FROM node:20", 0, true),
            ("[2/3] RUN npm ci | tee", 20_000, false),
            ("[3/3] COPY", 3, false),
        ],
    );
    for round in [2, 4, 5, 6, 7] {
        run.cold_build(
            "single-stage",
            round,
            &[("[2/3] RUN npm ci", 20_000, false)],
        );
    }
    // 30 30.6 30.3 31.2 30.9 31.8 s in rounds 2 to 7: the lower middle is round 3's 30.6 s.
    for _ in 0..2 {
        run.values("floor", Metric::FloorStartStarted, &[180 * MS]);
    }
    assert_snapshot!(report_md(&run), @r#"
# 20261120T200000Z-node

Run by `plimsoll run node` at 2026-11-20T20:00:00Z (plimsoll 0.1.0, complete): 4 variants of 1 scenario, 1 warm-up round and 6 counted rounds, seed 42. Engine: Docker Engine 20.10.24 (API 1.41), store graph driver, driver overlay2, builder buildkit, linux/amd64. Host: Debian 12, Model X, 2 logical CPUs, 8000 MB of memory, kernel 6.1.0, load 0.10 at the start. Fixed costs, never subtracted: round trip to the engine 200 µs, readiness asked every 2.00 ms, clock resolution 30 ns.

> **Stand-in bases.** These images were built locally in place of registry images that could not be pulled. What is marked \* rests on them and is not a measurement of the registry's image.
>
> - `node:20-alpine` is `plimsoll.local/node:20-alpine` (133 MB, recipe `0123456789ab`), under node/multi-stage-alpine-prune

## Warnings

- 1 median of timed metrics on fewer than 6 samples (n = 2 at the least): no interval, no verdict

## Node API (`node`)

**Node API (node): size and build**

| variant | strategy | unpacked (MB) | of largest | own (MB) | layers | context (kB) | cold build (s) | cached build (ms) | rebuild, source (s) | rebuild, dep. (s) |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 1184 | 1.00x | 120 | 6 | 213 | 30.8 [30.1, 31.5] | 820 [804, 840] | invalid¹ | DNF² |
| multi-stage-alpine-prune \* | multi-stage-alpine | 148 | 0.12x | 15.0 | 6 | 213 | 15.4 [15.1, 15.8] | 410 [402, 420] | – | – |
| multi-stage-distroless | multi-stage-distroless | DNF³ | DNF | DNF³ | DNF³ | DNF³ | DNF³ | DNF³ | DNF³ | DNF³ |
| scratch | scratch | n/a⁴ | n/a | n/a⁴ | n/a⁴ | n/a⁴ | n/a⁴ | n/a⁴ | n/a⁴ | n/a⁴ |

- Times and memory: median [95 % bootstrap interval of it], n = 6.
- \* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
- ¹ no step ran
- ² npm ci: exit 137
- ³ GET /health answered 500 \| expected 200
- ⁴ the stock Node runtime is not static

**Node API (node): start and run**

| variant | strategy | started (ms) | ready (ms) | stop (s) | memory (MB) |
| :--- | :--- | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 430 [422, 441] | 430 [422, 441] | – | 43.5 [41.5, 45.5] |
| multi-stage-alpine-prune \* | multi-stage-alpine | 215 [211, 220] | 215 [211, 220] | – | 43.5 [41.5, 45.5] |
| multi-stage-distroless | multi-stage-distroless | DNF¹ | DNF¹ | DNF¹ | DNF¹ |
| scratch | scratch | n/a² | n/a² | n/a² | n/a² |

- Times and memory: median [95 % bootstrap interval of it], n = 6.
- \* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
- ¹ GET /health answered 500 \| expected 200
- ² the stock Node runtime is not static

## Claimed and measured

**Claimed against measured (size.unpacked), 2 of 5 claims**

| variant | claimed | measured (MB) | measured / claimed | source | note |
| :--- | ---: | ---: | ---: | :--- | :--- |
| single-stage | \~1.2 GB | 1184 | 0.99x | guide |  |
| multi-stage-alpine-prune \* | 150 MB | 148 | 0.99x | guide |  |
| multi-stage-distroless | 130 MB | DNF¹ | – | guide |  |
| single-stage-slim | 250 MB | not run | – | guide |  |
| scratch | N/A | n/a² | – | guide |  |

- guide: A multi-stage guide
- \* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
- ¹ GET /health answered 500 \| expected 200
- ² the stock Node runtime is not static

## Without a number

- node/scratch: not applicable: the stock Node runtime is not static
- node/multi-stage-distroless: failed as a whole, none of its numbers counts: GET /health answered 500 \| expected 200
- node/single-stage, rebuild.source, invalid in round 1: no step ran
- node/single-stage, rebuild.dependency, dnf in round 1: npm ci: exit 137

## Floor

What the engine itself costs. It is part of every number above and is never subtracted.

**The engine's floor: the same phases for an image with one small file**

| metric | floor | least of the apps | most of the apps | floor / least |
| :--- | ---: | ---: | ---: | ---: |
| floor.start.started | 180 ms¹ | 215 ms (node/multi-stage-alpine-prune) | 430 ms (node/single-stage) | 0.84x |

- ¹ n = 2

## Steps of the median cold build

<details>
<summary>node/single-stage</summary>

**node/single-stage: round 3, 30.6 s in all**

| step | began (s) | took (s) | of the build | state |
| :--- | ---: | ---: | ---: | :--- |
| [1/3] FROM node:20 | 0 | 0 | 0 % | cached |
| [2/3] RUN npm ci \| tee | 0 | 20.0 | 65 % | ran |

- Steps may overlap; times are the builder's own.
- 1 more step below 1 % of the build or without a time.

</details>

<details>
<summary>What the metrics mean</summary>

- `size.unpacked` (unpacked): sum of the uncompressed layers
- `size.engine` (engine): what this engine's image list prints, under the store that defines it
- `size.own` (own): unpacked bytes above the base image of the final stage
- `size.layers` (layers): layers that hold anything
- `context.bytes` (context): file bytes of the build context that is sent, after .dockerignore
- `context.files` (context files): files of the build context that is sent, after .dockerignore
- `build.cold` (cold build): no layer cache and cold cache mounts; bases present; result exported to the image store
- `build.cached` (cached build): nothing changed and every step was cached
- `rebuild.source` (rebuild, source): after the scenario's source edit; cache mounts warm
- `rebuild.dependency` (rebuild, dep.): after the scenario's dependency edit; cache mounts warm
- `start.create` (create): the create call
- `start.started` (started): the start call until it returns
- `start.ready` (ready): the start call until the contract's first success
- `stop.time` (stop): the stop signal until the process has exited
- `memory.ready` (memory): anonymous resident memory of the container once ready
- `floor.build.cold` (floor: cold build): build.cold of a scratch image with one file of some hundred bytes
- `floor.build.cached` (floor: cached build): build.cached of the same
- `floor.start.create` (floor: create): start.create of the same
- `floor.start.started` (floor: started): start.started of the same
- `floor.stop.time` (floor: stop): stop.time of the same

</details>

## Recompute

Every figure here is computed from `run.json` in this folder:

```
plimsoll report 20261120T200000Z-node
```
"#);
    assert_eq!(
        report_md(&run),
        report_md(&run.clone()),
        "the same record, the same bytes"
    );
    let floor = floor_table(&run);
    assert_eq!(
        (floor.rows.len(), floor.rows[0].len()),
        (1, floor.columns.len())
    );
    assert_eq!(rows(&steps_csv(&run)).len(), 8);
}
