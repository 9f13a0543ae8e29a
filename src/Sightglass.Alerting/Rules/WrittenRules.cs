using System.Text;
using Sightglass.Core.Errors;

namespace Sightglass.Alerting.Rules;

/// <summary>Bounds on rules that are written through an API.</summary>
public static class WrittenRuleLimits
{
    /// <summary>Bytes of one group: some thousand rules.</summary>
    public const int MaxGroupBytes = 1 << 20;

    /// <summary>Rules of one group.</summary>
    public const int MaxRulesPerGroup = 1_000;

    /// <summary>Groups of one namespace.</summary>
    public const int MaxGroupsPerNamespace = 1_000;

    /// <summary>Namespaces.</summary>
    public const int MaxNamespaces = 1_000;

    /// <summary>Characters of a namespace.</summary>
    public const int MaxNamespaceLength = 512;
}

/// <summary>A group as it was written.</summary>
/// <param name="Namespace">Where it belongs; Loki's word for a file.</param>
/// <param name="Name">The group's name.</param>
/// <param name="Text">Its YAML.</param>
public sealed record WrittenRuleGroup(string Namespace, string Name, string Text);

/// <summary>Keeps written groups over a restart.</summary>
public interface IWrittenRuleStore
{
    /// <summary>All groups.</summary>
    IReadOnlyList<WrittenRuleGroup> Load();

    /// <summary>Keeps a group in place of the one of its name.</summary>
    void Save(WrittenRuleGroup group);

    /// <summary>Forgets groups.</summary>
    void Delete(IReadOnlyList<WrittenRuleGroup> groups);
}

/// <summary>Rule groups that were written through Loki's API, beside those of the rule files. What is written is kept before it is in force. Thread-safe.</summary>
public sealed class WrittenRules
{
    private static readonly RuleFileLoader Loader = new() { DefaultLanguage = RuleLanguage.LogQL };

    private readonly IWrittenRuleStore _store;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Namespace, string Name), Entry> _groups;
    private volatile IReadOnlyList<RuleFile> _files;

    /// <summary>Takes up what is stored; a group that does not load any more stays stored, is told of and not evaluated.</summary>
    public WrittenRules(IWrittenRuleStore store, Action<string> report)
    {
        _store = store;
        _groups = new(Comparer<(string Namespace, string Name)>.Create(static (a, b) =>
            string.CompareOrdinal(a.Namespace, b.Namespace) is var byNamespace and not 0 ? byNamespace : string.CompareOrdinal(a.Name, b.Name)));
        foreach (var written in store.Load())
        {
            var (group, errors) = Loader.CheckGroup(written.Namespace, written.Text);
            foreach (var error in errors)
            {
                report($"rule group {written.Name}, written by API: {error.Message}");
            }

            _groups[(written.Namespace, written.Name)] = new Entry(written, group);
        }

        _files = FilesOf();
    }

    /// <summary>Puts changes in force; set once.</summary>
    public Action? Changed { get; set; }

    /// <summary>The groups as files, one for each namespace. Takes no lock: whoever puts rules in force may hold one.</summary>
    public IReadOnlyList<RuleFile> Files => _files;

    /// <summary>Whether a group was written.</summary>
    public bool Has(string @namespace, string name)
    {
        lock (_gate)
        {
            return _groups.ContainsKey((@namespace, name));
        }
    }

    /// <summary>Reads a group from YAML without writing it.</summary>
    /// <exception cref="QueryException">It is refused; says everything that is wrong.</exception>
    /// <exception cref="LimitExceededException">It is too large.</exception>
    public static RuleGroupDefinition Read(string @namespace, string text)
    {
        if (Encoding.UTF8.GetByteCount(text) is var bytes and > WrittenRuleLimits.MaxGroupBytes)
        {
            throw new LimitExceededException(nameof(WrittenRuleLimits.MaxGroupBytes), WrittenRuleLimits.MaxGroupBytes, bytes, "rule group too large");
        }

        if (@namespace.Length > WrittenRuleLimits.MaxNamespaceLength)
        {
            throw new LimitExceededException(nameof(WrittenRuleLimits.MaxNamespaceLength), WrittenRuleLimits.MaxNamespaceLength, @namespace.Length, "namespace too long");
        }

        var (group, errors) = Loader.CheckGroup(@namespace, text);
        if (group is null)
        {
            throw new QueryException(QueryErrorKind.BadData, string.Join(", ", errors.Select(static e => e.Message)));
        }

        return group.Rules.Count <= WrittenRuleLimits.MaxRulesPerGroup
            ? group
            : throw new LimitExceededException(nameof(WrittenRuleLimits.MaxRulesPerGroup), WrittenRuleLimits.MaxRulesPerGroup, group.Rules.Count, "too many rules in a group");
    }

    /// <summary>Keeps a group that was read, in place of the one of its name, and puts it in force.</summary>
    /// <exception cref="LimitExceededException">There are too many.</exception>
    /// <exception cref="StorageFailedException">It could not be kept.</exception>
    public void Set(string @namespace, RuleGroupDefinition group, string text)
    {
        lock (_gate)
        {
            var key = (@namespace, group.Name);
            if (!_groups.ContainsKey(key))
            {
                var inside = _groups.Keys.Count(k => k.Namespace == @namespace);
                if (inside >= WrittenRuleLimits.MaxGroupsPerNamespace)
                {
                    throw new LimitExceededException(nameof(WrittenRuleLimits.MaxGroupsPerNamespace), WrittenRuleLimits.MaxGroupsPerNamespace, inside + 1, "too many groups in a namespace");
                }

                var namespaces = inside > 0 ? 0 : _groups.Keys.Select(static k => k.Namespace).Distinct(StringComparer.Ordinal).Count();
                if (namespaces >= WrittenRuleLimits.MaxNamespaces)
                {
                    throw new LimitExceededException(nameof(WrittenRuleLimits.MaxNamespaces), WrittenRuleLimits.MaxNamespaces, namespaces + 1, "too many namespaces of rules");
                }
            }

            var written = new WrittenRuleGroup(@namespace, group.Name, text);
            _store.Save(written);
            _groups[key] = new Entry(written, group);
            _files = FilesOf();
            Changed?.Invoke();
        }
    }

    /// <summary>Removes a group, or with a null <paramref name="name"/> all of a namespace; false when there is none.</summary>
    /// <exception cref="StorageFailedException">It could not be removed.</exception>
    public bool Remove(string @namespace, string? name)
    {
        lock (_gate)
        {
            var removed = _groups.Values.Select(static e => e.Written).Where(w => w.Namespace == @namespace && (name is null || w.Name == name)).ToList();
            if (removed.Count == 0)
            {
                return false;
            }

            _store.Delete(removed);
            removed.ForEach(w => _groups.Remove((w.Namespace, w.Name)));
            _files = FilesOf();
            Changed?.Invoke();
            return true;
        }
    }

    private List<RuleFile> FilesOf() =>
        [.. _groups.Values.Where(static e => e.Group is not null).GroupBy(static e => e.Written.Namespace, StringComparer.Ordinal)
            .Select(static g => new RuleFile(g.Key, [.. g.Select(static e => e.Group!)]))];

    private sealed record Entry(WrittenRuleGroup Written, RuleGroupDefinition? Group);
}
