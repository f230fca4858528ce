// npm's rate-limiter-flexible, RateLimiterDynamo. Callers are concurrent loops, as requests are in Node.
// ../python/demand.py says how a driver is talked to.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { RateLimiterDynamo, RateLimiterRes } from 'rate-limiter-flexible';

const job = JSON.parse(process.argv[2]);
const monotonic = () => process.hrtime.bigint();
const milliseconds = (count) => BigInt(count) * 1_000_000n;
const sleepUntil = async (time) => {
  const left = Number(time - monotonic()) / 1e6;
  if (left > 0) await sleep(left);
};

const storeClient = new DynamoDB({ endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB });
const limiter = await new Promise((resolve, reject) => {
  const made = new RateLimiterDynamo({
    storeClient,
    tableName: 'rate_limiter_flexible_bench',
    points: job.n,
    duration: job.window_s,
    // The option that the library has against floods; off by default.
    ...(job.limiter === 'in-memory-block' ? { inMemoryBlockOnConsumed: job.n } : {}),
  }, (error) => (error ? reject(error) : resolve(made)));
});

const counts = { decisions: 0, admitted: 0, refused: 0, errors: 0, first_error: '' };
const admissions = [];

async function callRepeatedly(caller, start) {
  const end = start + milliseconds(Math.round(job.seconds * 1000));
  let key = Math.floor((caller * job.keys) / job.callers);
  let trickle = start;
  await sleepUntil(start);
  for (let now; (now = monotonic()) < end;) {
    if (job.burst && caller === 0) {
      await sleepUntil(trickle);
      trickle += milliseconds(job.burst.trickle_ms);
    } else if (job.burst) {
      const period = milliseconds(job.burst.period_ms);
      const phase = (now - start) % period;
      if (phase >= milliseconds(job.burst.on_ms)) {
        await sleepUntil(now + period - phase);
        continue;
      }
    }
    const asked = monotonic();
    counts.decisions += 1;
    try {
      await limiter.consume(`${job.prefix}-${key}`);
      counts.admitted += 1;
      if (job.record) admissions.push(`${asked} ${monotonic()} ${key}\n`);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) {
        counts.refused += 1;
      } else {
        counts.errors += 1;
        counts.first_error ||= `${refusal.name}: ${refusal.message}`;
      }
    }
    key = (key + 1) % job.keys;
    // A limiter that refuses from memory never waits; let the timers of the other callers run.
    if (counts.decisions % 64 === 0) await new Promise(setImmediate);
  }
}

console.log('ready');
const lines = createInterface({ input: process.stdin });
const start = BigInt((await lines[Symbol.asyncIterator]().next()).value);
const cpu = process.cpuUsage();
await Promise.all(Array.from({ length: job.callers }, (_, caller) => callRepeatedly(caller, start)));
const seconds = Number(monotonic() - start) / 1e9;
const used = process.cpuUsage(cpu);
if (job.record) writeFileSync(job.record, admissions.join(''));
console.log(JSON.stringify({ ...counts, seconds, cpu_seconds: (used.user + used.system) / 1e6 }));
process.exit(0);
