// Frame times while scrolling long lists, on a real server: node scripts/scrolling.mjs --base URL --otlp URL
// Sends 12,000 log lines and a trace of 10,000 spans by OTLP, then scrolls both.
/* global document, getComputedStyle, requestAnimationFrame */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
    options: {
        base: { type: 'string', default: 'http://127.0.0.1:4300' },
        otlp: { type: 'string', default: 'http://127.0.0.1:4318' },
        browser: { type: 'string', default: '/usr/bin/chromium' },
        shots: { type: 'string', default: '' },
    },
});

const LINES = 12_000;
const SPANS = 10_000;
const start = Date.now() - 120_000;
const nano = (ms) => `${Math.floor(ms)}000000`;
const service = `scroll-${randomBytes(3).toString('hex')}`;
const resource = {
    attributes: [
        { key: 'service.name', value: { stringValue: service } },
        { key: 'deployment.environment', value: { stringValue: 'bench' } },
    ],
};

async function post(path, body) {
    const response = await fetch(new URL(path, values.otlp), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
}

for (let at = 0; at < LINES; at += 2000) {
    const logRecords = Array.from({ length: 2000 }, (_, index) => ({
        timeUnixNano: nano(start + (at + index) * 8),
        severityNumber: index % 50 === 0 ? 17 : 9,
        severityText: index % 50 === 0 ? 'ERROR' : 'INFO',
        body: { stringValue: `line ${String(at + index)} of the load` },
    }));
    await post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
}
const traceId = randomBytes(16).toString('hex');
const id = (index) => (index + 1).toString(16).padStart(16, '0');
for (let at = 0; at < SPANS; at += 2000) {
    const spans = Array.from({ length: 2000 }, (_, offset) => {
        const index = at + offset;
        return {
            traceId,
            spanId: id(index),
            ...(index === 0 ? {} : { parentSpanId: id(Math.floor((index - 1) / 8)) }),
            name: `step ${String(index)}`,
            kind: 1,
            startTimeUnixNano: nano(start + index),
            endTimeUnixNano: nano(start + index + (index === 0 ? 12_000 : 40)),
        };
    });
    await post('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

const browser = await chromium.launch({
    executablePath: values.browser,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });

/** Scrolls the list around `rows` by a step each frame and answers the frame times in milliseconds. */
function scroll(rows, frames, step) {
    return page.evaluate(
        async ([mark, count, by]) => {
            let box = document.querySelector(`[data-testid="${mark}"]`);
            while (box && !(box.scrollHeight > box.clientHeight + 4 && getComputedStyle(box).overflowY === 'auto'))
                box = box.parentElement;
            if (!box) throw new Error(`nothing around ${mark} scrolls`);
            const times = [];
            let last = await new Promise(requestAnimationFrame);
            for (let frame = 0; frame < count; frame++) {
                box.scrollTop += by;
                const now = await new Promise(requestAnimationFrame);
                times.push(now - last);
                last = now;
            }
            times.sort((a, b) => a - b);
            const at = (part) => Number(times[Math.floor((times.length - 1) * part)].toFixed(1));
            return {
                frames: count,
                median: at(0.5),
                p95: at(0.95),
                worst: at(1),
                end: box.scrollTop,
                height: box.scrollHeight,
            };
        },
        [rows, frames, step],
    );
}

await page.goto(new URL(`/logs?from=now-15m&service=${service}`, values.base).href);
await page.getByTestId('log-row').first().waitFor();
let held = 0;
for (let turn = 0; turn < 60 && held < 10_000; turn++) {
    await page.evaluate(() => {
        let box = document.querySelector('[data-testid="log-row"]');
        while (box && getComputedStyle(box).overflowY !== 'auto') box = box.parentElement;
        if (box) box.scrollTop = box.scrollHeight;
    });
    await page.waitForTimeout(250);
    held = Number((await page.getByTestId('line-count').textContent())?.replace(/\D/g, '') ?? 0);
}
console.log('log lines held', held, 'rows in the page', await page.getByTestId('log-row').count());
console.log('log list', await scroll('log-row', 240, -300));
if (values.shots) await page.screenshot({ path: `${values.shots}/logs-10000.png` });

const opened = Date.now();
await page.goto(new URL(`/trace/${traceId}`, values.base).href);
await page.getByTestId('span-row').first().waitFor();
console.log(
    'trace open after',
    Date.now() - opened,
    'ms, rows in the page',
    await page.getByTestId('span-row').count(),
);
console.log('waterfall', await scroll('span-row', 240, 300));
if (values.shots) await page.screenshot({ path: `${values.shots}/trace-10000.png` });
await browser.close();
