// Sends one counter, one log record and one span with each of the OpenTelemetry JS exporters and fails when one of them is refused.
// usage: node send.mjs [http address] [gRPC address]
import { SeverityNumber } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const http = process.argv[2] ?? 'http://127.0.0.1:4318';
const grpc = process.argv[3] ?? 'http://127.0.0.1:4317';
const failures = [];
let accepted = 0;

// The SDK hides failures of export in its own log: each export is watched instead.
function watched(exporter, what) {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) => send(items, (result) => {
    if (result.code !== 0) {
      failures.push(`${what}: ${result.error}`);
    } else {
      accepted++;
    }

    done(result);
  });
  return exporter;
}

for (const kind of ['http', 'proto', 'grpc']) {
  const [{ OTLPTraceExporter }, { OTLPLogExporter }, { OTLPMetricExporter }] = await Promise.all(
    ['trace', 'logs', 'metrics'].map((signal) => import(`@opentelemetry/exporter-${signal}-otlp-${kind}`)));
  const options = (signal) => kind === 'grpc' ? { url: grpc } : { url: `${http}/v1/${signal}` };
  const resource = resourceFromAttributes({ 'service.name': `js-${kind}`, 'service.instance.id': '1' });

  const tracing = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(watched(new OTLPTraceExporter(options('traces')), `${kind} traces`))] });
  const span = tracing.getTracer('js').startSpan('hello', { attributes: { n: 1, list: ['a', 'b'] } });
  span.addEvent('something', { deep: true });
  span.end();

  const logging = new LoggerProvider({ resource });
  logging.addLogRecordProcessor(new BatchLogRecordProcessor(watched(new OTLPLogExporter(options('logs')), `${kind} logs`)));
  logging.getLogger('js').emit({ severityNumber: SeverityNumber.WARN, severityText: 'WARN', body: `hello from ${kind}`, attributes: { n: 2 } });

  const reader = new PeriodicExportingMetricReader({ exporter: watched(new OTLPMetricExporter(options('metrics')), `${kind} metrics`), exportIntervalMillis: 60_000 });
  const metering = new MeterProvider({ resource, readers: [reader] });
  const meter = metering.getMeter('js');
  meter.createCounter('js.calls', { unit: '{call}' }).add(3, { kind });
  meter.createHistogram('js.duration', { unit: 's' }).record(0.2, { kind });

  await Promise.all([tracing.forceFlush(), logging.forceFlush(), metering.forceFlush()]);
  await Promise.all([tracing.shutdown(), logging.shutdown(), metering.shutdown()]);
}

if (failures.length > 0 || accepted < 9) {
  console.error(`${accepted} exports accepted, want 9 or more`, failures.join('\n'));
  process.exit(1);
}

console.log(`${accepted} exports accepted`);
