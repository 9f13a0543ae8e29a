const words = (type: string, list: string) => list.split(' ').map((label) => ({ label, type }));

export const logqlWords = [
  ...words(
    'keyword',
    'json logfmt regexp pattern unpack unwrap line_format label_format drop keep decolorize by without',
  ),
  ...words('function', 'count_over_time rate bytes_over_time bytes_rate sum_over_time avg_over_time max_over_time'),
  ...words('function', 'min_over_time quantile_over_time first_over_time last_over_time absent_over_time'),
  ...words('function', 'sum avg min max count topk bottomk stddev stdvar sort sort_desc'),
];

export const traceqlWords = [
  ...words('property', 'name status kind duration traceDuration rootName rootServiceName statusMessage'),
  ...words('property', 'resource.service.name span.http.request.method span.http.response.status_code'),
  ...words('constant', 'error ok unset server client internal producer consumer'),
  ...words('function', 'count() avg(duration) max(duration) min(duration) sum(duration) select() by()'),
];
