import { ruleLines } from '../../shell/snippets';
import { CopyBlock, Empty } from '../../shell/states';

/** What makes the first alert. */
export function NoRules() {
  return (
    <section className="sg-panel">
      <Empty title="There are no rules yet">
        <div className="sg-send-hint">
          A rule file of Prometheus, named under rule_files in the configuration of the server:
          <CopyBlock text={ruleLines()} />
        </div>
      </Empty>
    </section>
  );
}
