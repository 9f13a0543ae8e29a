import type { Facet } from '../../api/logs';

const FIRST = ['detected_level', 'service_name', 'severity_text', 'level'];

/** Names with a different value for nearly every line say nothing as a list: they come last. */
function rank(facet: Facet): number {
  const at = FIRST.indexOf(facet.name);
  if (at >= 0) return at;
  return facet.distinct > 20 && facet.distinct > facet.lines * 0.5 ? 200 : 100;
}

/** The fields as they are read: level and service first, those of many lines before those of few, identifiers last. */
export function orderFacets(facets: readonly Facet[]): Facet[] {
  return [...facets].sort((a, b) => rank(a) - rank(b));
}

/** The fields whose name or one of whose values has a text; of the latter only those values. */
export function findFacets(facets: readonly Facet[], text: string): Facet[] {
  const needle = text.trim().toLowerCase();
  if (needle === '') return [...facets];
  return facets.flatMap((facet) => {
    if (facet.name.toLowerCase().includes(needle)) return [facet];
    const values = facet.values.filter(({ value }) => value.toLowerCase().includes(needle));
    return values.length === 0 ? [] : [{ ...facet, values }];
  });
}
