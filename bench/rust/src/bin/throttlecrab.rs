// The same as bench/memory_store_bench.cc, on throttlecrab's library with its adaptive store. It is
// not made for threads: one lock around it, as its documentation advises. Its keys are text.
// Prints one line for each case: name, threads, CPU nanoseconds per decision.
use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};
use throttlecrab::{AdaptiveStore, RateLimiter};
use weir_bench_peers::{keys, measure, next_key, resident_bytes, KEYS};

struct Limiter {
    limiter: Mutex<RateLimiter<AdaptiveStore>>,
    per_minute: i64,
}

impl Limiter {
    fn new(per_minute: i64) -> Limiter {
        let store = AdaptiveStore::with_capacity(KEYS);
        Limiter { limiter: Mutex::new(RateLimiter::new(store)), per_minute }
    }
    fn decide(&self, key: &str, now: SystemTime) -> bool {
        let mut limiter = self.limiter.lock().unwrap();
        limiter.rate_limit(key, self.per_minute, self.per_minute, 60, 1, now).unwrap().0
    }
}

fn main() {
    let time = Duration::from_millis(500);
    let keys: Vec<String> = keys()
        .iter()
        .map(|key| key[..16].iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    let start = SystemTime::now();
    for (name, per_minute) in [("hot_admitted", 1_000_000_000), ("hot_refused", 100)] {
        let limiter = Limiter::new(per_minute);
        for threads in [1, 2] {
            measure(name, threads, time, &|_| {
                black_box(limiter.decide(&keys[0], SystemTime::now()));
            });
        }
        let limiter = Limiter::new(per_minute);
        measure(&format!("{name}_no_clock"), 1, time, &|_| {
            black_box(limiter.decide(&keys[0], start));
        });
    }
    let before = resident_bytes();
    let limiter = Limiter::new(100);
    for key in &keys {
        black_box(limiter.decide(key, SystemTime::now()));
    }
    println!("bytes_per_key 1 {:.1}", (resident_bytes() - before) as f64 / KEYS as f64);
    for threads in [1, 2] {
        measure("million_keys", threads, time, &|state| {
            black_box(limiter.decide(&keys[next_key(state)], SystemTime::now()));
        });
    }
    drop(limiter);
    let limiter = Limiter::new(100);
    for key in &keys {
        black_box(limiter.decide(key, start));
    }
    measure("million_keys_no_clock", 1, time, &|state| {
        black_box(limiter.decide(&keys[next_key(state)], start));
    });
}
