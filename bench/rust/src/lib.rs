//! What the peers in Rust share: the keys of bench/memory_store_bench.cc, and how a decision is timed.
use std::time::{Duration, Instant};

pub const KEYS: usize = 1_000_000;
pub type Key = [u8; 32];

fn next_word(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E3779B97F4A7C15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D049BB133111EB);
    word ^ (word >> 31)
}

pub fn keys() -> Vec<Key> {
    let mut state = 1;
    let mut keys = vec![[0u8; 32]; KEYS];
    for key in keys.iter_mut() {
        for i in 0..4 {
            key[8 * i..8 * i + 8].copy_from_slice(&next_word(&mut state).to_le_bytes());
        }
    }
    keys
}

pub fn next_key(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (((*state >> 32) * KEYS as u64) >> 32) as usize
}

pub fn resident_bytes() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: i64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

// What this thread has spent on a processor, whatever else the machine was doing.
fn cpu_nanoseconds() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse().unwrap()
}

// Runs `decide` on each thread for at least `time` and prints what one decision took.
pub fn measure(name: &str, threads: u64, time: Duration, decide: &(dyn Fn(&mut u64) + Sync)) {
    let total: f64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut state = 88172645463325252 + thread;
                    let start = Instant::now();
                    let cpu_start = cpu_nanoseconds();
                    let mut decisions = 0u64;
                    while start.elapsed() < time {
                        for _ in 0..10_000 {
                            decide(&mut state);
                        }
                        decisions += 10_000;
                    }
                    (cpu_nanoseconds() - cpu_start) as f64 / decisions as f64
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{name} {threads} {:.2}", total / threads as f64);
}
