import { lazy, Suspense } from 'react';

export type Language = 'promql' | 'logql' | 'traceql';

export interface EditorProps {
  language: Language;
  value: string;
  onRun: (value: string) => void;
  /** Told of every keystroke, so that a button beside the editor can run the text. */
  onChange: (value: string) => void;
  placeholder: string;
}

const CodeEditor = lazy(() => import('./CodeEditor').then((module) => ({ default: module.CodeEditor })));

/** The editor is loaded when it is first shown; until then the query stands there as text. */
export function QueryEditor(props: EditorProps) {
  return (
    <div className="sg-editor sg-grow" data-testid="query-editor">
      <Suspense fallback={<pre className="sg-editor-wait">{props.value || ' '}</pre>}>
        <CodeEditor {...props} />
      </Suspense>
    </div>
  );
}
