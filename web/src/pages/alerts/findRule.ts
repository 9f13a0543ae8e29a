import type { Rule, RuleGroup } from '../../api/prometheus';
import type { AppSearch } from '../../shell/search';
import type { RulePlace } from './active';

export interface FoundRule {
  group: RuleGroup;
  rule: Rule;
  place: RulePlace;
}

/** The place in a link first; the name alone when the file was changed since. */
export function findRule(groups: readonly RuleGroup[], { name, group, file, at }: AppSearch): FoundRule | undefined {
  const all = groups.flatMap((item) =>
    item.rules.map((rule, index): FoundRule => ({
      group: item,
      rule,
      place: { file: item.file, group: item.name, index, name: rule.name },
    })),
  );
  const named = all.filter((item) => item.rule.name === name && (group === undefined || item.group.name === group));
  return named.find(({ place }) => place.file === file && String(place.index) === at) ?? named[0];
}
