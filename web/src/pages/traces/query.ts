/** The search form and the TraceQL it stands for. */

export interface TraceForm {
  service: string;
  name: string;
  min: string;
  status: string;
}

const DURATION = /^\d+(\.\d+)?(ns|us|µs|ms|s|m|h)$/;

export function isDuration(text: string): boolean {
  return text === '' || DURATION.test(text);
}

export function toTraceql(form: TraceForm): string {
  const parts: string[] = [];
  if (form.service !== '') parts.push(`resource.service.name = ${JSON.stringify(form.service)}`);
  if (form.name !== '') parts.push(`name = ${JSON.stringify(form.name)}`);
  if (form.min !== '' && isDuration(form.min)) parts.push(`duration > ${form.min}`);
  if (form.status !== '') parts.push(`status = ${form.status}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(' && ')} }`;
}

/** The form of a query, when the query says nothing but what the form can say. */
export function fromTraceql(query: string): TraceForm | undefined {
  const form: TraceForm = { service: '', name: '', min: '', status: '' };
  const inner = /^\s*\{(.*)\}\s*$/s.exec(query)?.[1]?.trim();
  if (inner === undefined) return undefined;
  if (inner === '') return form;
  for (const part of splitAnd(inner)) {
    const text = /^(resource\.service\.name|name)\s*=\s*("(?:[^"\\]|\\.)*")$/.exec(part);
    const min = /^duration\s*>\s*(\S+)$/.exec(part);
    const status = /^status\s*=\s*(ok|error|unset)$/.exec(part);
    if (text) {
      const value = String(JSON.parse(text[2] ?? '""'));
      if (text[1] === 'name') form.name = value;
      else form.service = value;
    } else if (min && isDuration(min[1] ?? '')) form.min = min[1] ?? '';
    else if (status) form.status = status[1] ?? '';
    else return undefined;
  }
  return form;
}

/** Parts between `&&`, which does not count inside of a string. */
function splitAnd(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\' && quoted) at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted && text.startsWith('&&', at)) {
      parts.push(text.slice(start, at).trim());
      start = at + 2;
      at++;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
