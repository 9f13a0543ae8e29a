// Pictures of every page, light and dark, at two widths: npm run screenshots -- --base URL --out DIR
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
    options: {
        base: { type: 'string', default: 'http://127.0.0.1:4300' },
        out: { type: 'string', default: 'screenshots' },
        browser: { type: 'string', default: '/usr/bin/chromium' },
        widths: { type: 'string', default: '1280,1920' },
        schemes: { type: 'string', default: 'light,dark' },
        only: { type: 'string', default: '' },
        // The whole page, not only what a window shows of it.
        full: { type: 'boolean', default: false },
    },
});

const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

async function json(path) {
    const response = await fetch(new URL(path, values.base));
    return response.ok ? response.json() : {};
}

/** The longest traces found, with a span to open: pages with something to see. */
async function tracePath() {
    const now = Math.floor(Date.now() / 1000);
    const found = await json(`/tempo/api/search?q=%7B%20status%3Derror%20%7D&limit=20&start=${now - 3600}&end=${now}`);
    const trace = found.traces?.sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0))[0];
    const span = trace?.spanSets?.[0]?.spans?.[0]?.spanID;
    return trace ? `/trace/${trace.traceID}${span ? `?span=${span}` : ''}` : undefined;
}

const query = encodeURIComponent('sum by (signal) (rate(sightglass_ingested_items_total[1m]))');
const trace = await tracePath();
const events = (await json('/sightglass/v1/alerts/timeline?kind=firing&limit=1')).events ?? [];
const sla = (await json('/sightglass/v1/slas')).slas?.[0]?.name;
const slo = (await json('/sightglass/v1/slos')).slos?.[0]?.name;
const pages = {
    overview: '/',
    metrics: `/metrics-explorer?q=${query}`,
    'metrics-empty': '/metrics-explorer',
    'metrics-table': '/metrics-explorer?q=up&tab=table',
    logs: '/logs?from=now-15m',
    'logs-patterns': '/logs?from=now-5m&tab=patterns',
    'logs-live': '/logs?from=now-5m&refresh=live',
    traces: '/traces?from=now-15m',
    ...(trace ? { trace, 'trace-logs': `${trace}&tab=logs` } : {}),
    alerts: '/alerts',
    rules: '/alerts?tab=rules',
    ...(events[0] ? { alert: `/alerts/one?alert=${events[0].fingerprint}&from=now-30m` } : {}),
    silences: '/alerts?tab=silences',
    silence: `/alerts?silence=${encodeURIComponent('alertname="InstanceDown"')}`,
    'rules-broken': '/alerts?tab=rules&status=broken',
    rule: '/alerts/rule?name=PaymentsFailing&from=now-30m',
    backtest: '/alerts/rule?name=QueueTooLong&days=3',
    notifications: '/alerts?tab=notifications',
    history: '/alerts?tab=history',
    noise: '/alerts?tab=noise',
    oncall: '/alerts?tab=oncall',
    slos: '/slos?from=now-6h',
    ...(slo ? { slo: `/slos/one?name=${encodeURIComponent(slo)}&from=now-6h` } : {}),
    agreements: '/slos?tab=agreements',
    ...(sla ? { agreement: `/slos/agreement?name=${encodeURIComponent(sla)}` } : {}),
    targets: '/targets',
    volume: '/targets?tab=volume',
    series: '/targets?tab=series',
    'series-label': '/targets?tab=series&q=%7Bjob%3D%22shop-front%22%7D&name=endpoint',
    services: '/services?from=now-30m',
    service: '/services?from=now-30m&service=shop-front',
};

await mkdir(values.out, { recursive: true });
const browser = await chromium.launch({ executablePath: values.browser, args: flags });
let problems = 0;
for (const width of values.widths.split(',').map(Number)) {
    for (const colorScheme of values.schemes.split(',')) {
        const context = await browser.newContext({
            viewport: { width, height: width > 1500 ? 1080 : width < 500 ? 844 : 800 },
            colorScheme,
        });
        for (const [name, path] of Object.entries(pages)) {
            if (values.only !== '' && !values.only.split(',').includes(name)) continue;
            const page = await context.newPage();
            page.on('pageerror', (error) => {
                problems++;
                console.error(`${name}: ${error.message}`);
            });
            page.on('console', (message) => {
                if (message.type() === 'error') console.error(`${name}: ${message.text()}`);
            });
            await page.goto(new URL(path, values.base).href, { waitUntil: 'networkidle' });
            await page.waitForTimeout(400);
            const wider = await page.evaluate(
                'document.documentElement.scrollWidth - document.documentElement.clientWidth',
            );
            if (wider > 0) {
                problems++;
                console.error(`${name} at ${width}: ${wider} px wider than the window`);
            }
            await page.screenshot({ path: `${values.out}/${name}-${width}-${colorScheme}.png`, fullPage: values.full });
            await page.close();
        }
        await context.close();
    }
}
await browser.close();
process.exitCode = problems === 0 ? 0 : 1;
