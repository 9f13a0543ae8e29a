import type { CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { LanguageSupport, LRLanguage } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { parser as logqlParser } from '@grafana/lezer-logql';
import { parser as traceqlParser } from '@grafana/lezer-traceql';
import { styleTags, tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { labelNames, labelValues } from '../api/loki';
import { tagNames, tagValues } from '../api/tempo';
import type { Language } from './QueryEditor';
import { logqlWords, traceqlWords } from './words';

const logqlStyle = styleTags({
  'Sum Avg Count Max Min Stddev Stdvar Bottomk Topk Sort Sort_Desc By Without And Or Unless Bool On Ignoring':
    tags.keyword,
  'GroupLeft GroupRight Offset Unwrap Json Logfmt Unpack Pattern Regexp LabelFormat LineFormat Drop Keep': tags.keyword,
  'CountOverTime Rate BytesOverTime BytesRate AvgOverTime SumOverTime MinOverTime MaxOverTime': tags.keyword,
  'QuantileOverTime FirstOverTime LastOverTime AbsentOverTime StddevOverTime StdvarOverTime RateCounter': tags.keyword,
  String: tags.string,
  'Number Duration Bytes Range': tags.number,
  Identifier: tags.labelName,
  LineComment: tags.lineComment,
});

const traceqlStyle = styleTags({
  'Aggregate AggregateExpression MetricsOperationBasicType By With And Or': tags.keyword,
  'Span Resource Event Link Instrumentation Parent': tags.modifier,
  String: tags.string,
  'Integer Float Duration': tags.number,
  'IntrinsicField Identifier': tags.labelName,
  'LineComment BlockComment': tags.comment,
});

const lastDay = () => ({ from: Date.now() / 1000 - 86_400, to: Date.now() / 1000 });

/** Answers stay for half a minute, so that typing does not ask the server each time. */
function remembered(ask: (key: string) => Promise<string[]>): (key: string) => Promise<string[]> {
  const known = new Map<string, { at: number; values: Promise<string[]> }>();
  return (key) => {
    const entry = known.get(key);
    if (entry && Date.now() - entry.at < 30_000) return entry.values;
    const values = ask(key).catch(() => []);
    known.set(key, { at: Date.now(), values });
    return values;
  };
}

const lokiNames = remembered(() => labelNames(lastDay()));
const lokiValues = remembered((name) => labelValues(name, lastDay()));
const tempoNames = remembered(() => tagNames());
const tempoValues = remembered((tag) => tagValues(tag));

const plain = (values: string[], type: string) => values.map((label) => ({ label, type }));

async function completeLogql(context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.state.sliceDoc(0, context.pos);
  const value = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(before);
  if (value) {
    const options = plain(await lokiValues(value[1] ?? ''), 'text');
    return { from: context.pos - (value[2] ?? '').length, options };
  }
  if (/"[^"]*$/.test(before) && (before.match(/"/g) ?? []).length % 2 === 1) return null;
  const word = context.matchBefore(/\w*/);
  if (word === null || (word.from === word.to && !context.explicit && !/[{,(|]\s*$/.test(before))) return null;
  if (/\{[^}]*$/.test(before) || /\bby\s*\([^)]*$/.test(before)) {
    return { from: word.from, options: plain(await lokiNames(''), 'property') };
  }
  return { from: word.from, options: logqlWords };
}

async function completeTraceql(context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.state.sliceDoc(0, context.pos);
  const value = /([\w.:-]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(before);
  if (value) {
    const options = plain(await tempoValues(value[1] ?? ''), 'text');
    return { from: context.pos - (value[2] ?? '').length, options };
  }
  if ((before.match(/"/g) ?? []).length % 2 === 1) return null;
  const word = context.matchBefore(/[\w.:-]*/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  if (/\{[^}]*$/.test(before)) {
    return { from: word.from, options: [...traceqlWords, ...plain(await tempoNames(''), 'property')] };
  }
  return { from: word.from, options: traceqlWords };
}

function support(language: LRLanguage, complete: CompletionSource): Extension {
  return new LanguageSupport(language, language.data.of({ autocomplete: complete }));
}

export function languageOf(language: Language): Extension {
  switch (language) {
    case 'promql':
      return new PromQLExtension()
        .setComplete({ remote: { url: '', httpMethod: 'GET', httpErrorHandler: () => undefined } })
        .asExtension();
    case 'logql':
      return support(
        LRLanguage.define({ name: 'logql', parser: logqlParser.configure({ props: [logqlStyle] }) }),
        completeLogql,
      );
    case 'traceql':
      return support(
        LRLanguage.define({ name: 'traceql', parser: traceqlParser.configure({ props: [traceqlStyle] }) }),
        completeTraceql,
      );
  }
}
