// Sends the same three lines with a client that applications use, and fails when the client says that it could not.
// usage: node send.mjs <client> <address> [option]
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [client, address, option] = process.argv.slice(2);
const url = new URL(address.includes('://') ? address : `tcp://${address}`);
const failures = [];

function within(milliseconds, what, promise) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: no answer`)), milliseconds).unref())]);
}

const clients = {
  async winstonLoki() {
    const winston = require('winston');
    const LokiTransport = require('winston-loki');
    const transport = new LokiTransport({
      host: address,
      json: option === 'json',
      batching: true,
      interval: 1,
      labels: { app: `winston-${option}` },
      useWinstonMetaAsLabels: false,
      onConnectionError: (error) => failures.push(String(error)),
    });
    const logger = winston.createLogger({ level: 'debug', format: winston.format.json(), transports: [transport] });
    logger.info('first line', { order: 7 });
    logger.warn('second line');
    logger.error('third line — ü');
    await within(20_000, 'winston-loki', transport.flush());
    transport.close?.();
  },

  async pinoLoki() {
    const pino = require('pino');
    const { pinoLoki } = require('pino-loki');
    const stream = pinoLoki({ host: address, labels: { app: 'pino' }, batching: false, silenceErrors: false, structuredMetaKey: 'meta' });
    const logger = pino({ level: 'debug' }, stream);
    logger.info({ meta: { order: '7' } }, 'first line');
    logger.warn('second line');
    logger.error('third line — ü');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  },

  async fluentLogger() {
    const fluent = require('fluent-logger');
    const [eventMode, sharedKey, username, password] = (option ?? 'Message').split(',');
    const sender = fluent.createFluentSender('shop', {
      host: url.hostname,
      port: Number(url.port),
      eventMode,
      requireAckResponse: true,
      ackResponseTimeout: 15_000,
      ...(sharedKey ? { security: { clientHostname: 'client', sharedKey, username, password } } : {}),
    });
    sender.on('error', (error) => failures.push(String(error)));
    const emit = (record) => new Promise((resolve) => sender.emit(eventMode, record, fluent.EventTime.now(), (error) => {
      if (error) {
        failures.push(String(error));
      }

      resolve();
    }));
    await within(30_000, 'fluent-logger', Promise.all([
      emit({ message: 'first line', level: 'info', order: 7 }),
      emit({ message: 'second line', level: 'warn', nested: { a: [1, 'b'] } }),
      emit({ message: 'third line — ü', level: 'error' }),
    ]));
    sender.end();
  },

  async gelf() {
    const log = require('gelf-pro');
    log.setConfig({ fields: { application: `gelf-${option}` }, adapterName: option, adapterOptions: { host: url.hostname, port: Number(url.port), protocol: 'udp4', family: 4 } });
    const send = (level, text, extra) => new Promise((resolve) => log[level](text, extra, (error) => {
      if (error) {
        failures.push(String(error));
      }

      resolve();
    }));

    // Longer than a datagram: it comes in chunks. Random, so that compression does not make it short.
    const noise = Array.from({ length: 6_000 }, () => Math.random().toString(36).slice(2, 4)).join('');
    await send('info', 'first line', { order: 7 });
    await send('warning', 'second line', { noise });
    await send('error', 'third line — ü', {});
  },

  async seq() {
    const { Logger } = require('seq-logging');
    const logger = new Logger({ serverUrl: address, apiKey: 'none', onError: (error) => failures.push(String(error)) });
    const emit = (level, messageTemplate, properties) => logger.emit({ timestamp: new Date(), level, messageTemplate, properties: { Application: 'seq-js', ...properties } });
    emit('Information', '{Which} line', { Which: 'first', order: 7 });
    emit('Warning', 'second line', {});
    emit('Error', 'third line — ü', {});
    await within(20_000, 'seq-logging', logger.close());
  },

  async elastic() {
    const { Client } = require('@elastic/elasticsearch');
    const es = new Client({ node: address });
    const info = await es.info();
    if (!info.version.number) {
      failures.push('no version');
    }

    const documents = [
      { '@timestamp': new Date().toISOString(), message: 'first line', log: { level: 'info' }, order: 7, service: { name: 'elastic-js' } },
      { '@timestamp': new Date().toISOString(), message: 'second line', log: { level: 'warn' }, service: { name: 'elastic-js' } },
      { '@timestamp': new Date().toISOString(), message: 'third line — ü', log: { level: 'error' }, service: { name: 'elastic-js' } },
    ];
    const result = await es.helpers.bulk({ datasource: documents, onDocument: () => ({ create: { _index: 'logs-shop-default' } }), onDrop: (d) => failures.push(JSON.stringify(d.error)) });
    if (result.successful !== 3) {
      failures.push(JSON.stringify(result));
    }

    await es.close();
  },
};

await clients[client]();
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exit(1);
}

process.exit(0);
