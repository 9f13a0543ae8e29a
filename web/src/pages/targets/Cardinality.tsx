import { Link } from '@tanstack/react-router';
import { useCardinality } from '../../api/prometheus';
import { formatNumber } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { Bars } from './Bars';

/** What makes series: the metrics, labels and values that cost the most. */
export function Cardinality({ refresh }: { refresh: number }) {
  const { data, error } = useCardinality(refresh);
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading what="the cardinality" />;
  const aside = <span className="sg-dim">{formatNumber(data.headStats.numSeries)} series</span>;
  return (
    <div className="sg-thirds">
      <Panel title="Series by metric" aside={aside}>
        <Bars
          items={data.seriesCountByMetricName}
          format={formatNumber}
          link={(name) => (
            <Link to="/metrics-explorer" search={(old: AppSearch) => ({ ...keptSearch(old), q: name })}>
              {name}
            </Link>
          )}
        />
      </Panel>
      <Panel title="Values by label">
        <Bars items={data.labelValueCountByLabelName} format={formatNumber} />
      </Panel>
      <Panel title="Series by label and value">
        <Bars items={data.seriesCountByLabelValuePair} format={formatNumber} />
      </Panel>
    </div>
  );
}
