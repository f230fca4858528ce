// The same as bench/memory_store_bench.cc, on governor's keyed limiter with its defaults (DashMap,
// its own clock). Prints one line for each case: name, threads, CPU nanoseconds per decision.
use governor::clock::FakeRelativeClock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;
use weir_bench_peers::{keys, measure, next_key, resident_bytes, Key, KEYS};

fn quota(per_minute: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(per_minute).unwrap())
}

fn main() {
    let time = Duration::from_millis(500);
    let keys = keys();
    for (name, per_minute) in [("hot_admitted", 1_000_000_000), ("hot_refused", 100)] {
        let limiter: DefaultKeyedRateLimiter<Key> = RateLimiter::keyed(quota(per_minute));
        for threads in [1, 2] {
            measure(name, threads, time, &|_| {
                black_box(limiter.check_key(&keys[0]).is_ok());
            });
        }
        // A clock that stands still, as Weir's `now` does in the cases of this name.
        let limiter = RateLimiter::dashmap_with_clock(quota(per_minute), FakeRelativeClock::default());
        measure(&format!("{name}_no_clock"), 1, time, &|_| {
            black_box(limiter.check_key(&keys[0]).is_ok());
        });
    }
    let before = resident_bytes();
    let limiter: DefaultKeyedRateLimiter<Key> = RateLimiter::keyed(quota(100));
    for key in &keys {
        black_box(limiter.check_key(key).is_ok());
    }
    println!("bytes_per_key 1 {:.1}", (resident_bytes() - before) as f64 / KEYS as f64);
    for threads in [1, 2] {
        measure("million_keys", threads, time, &|state| {
            let key = keys[next_key(state)];
            black_box(limiter.check_key(&key).is_ok());
        });
    }
    drop(limiter);
    let limiter = RateLimiter::dashmap_with_clock(quota(100), FakeRelativeClock::default());
    for key in &keys {
        black_box(limiter.check_key(key).is_ok());
    }
    measure("million_keys_no_clock", 1, time, &|state| {
        let key = keys[next_key(state)];
        black_box(limiter.check_key(&key).is_ok());
    });
}
