import type { LogLine } from '../../api/loki';
import { levelOf } from './query';

/** The level as a letter and a colour. */
export function LevelMark({ line }: { line: LogLine }) {
  const level = levelOf(line.labels['detected_level'] ?? line.labels['severity_text'] ?? line.labels['level']);
  return (
    <b className={`sg-level sg-level-${level}`} title={level}>
      {level === 'unknown' ? '·' : level[0]?.toUpperCase()}
    </b>
  );
}
