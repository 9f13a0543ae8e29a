namespace Sightglass.Server.Api.Alerting.Changes;

/// <summary>Which versions of which service were seen when; finds those that came while looking.</summary>
internal sealed class VersionSightings(DateTimeOffset start, TimeSpan step)
{
    private readonly Dictionary<(string Service, string Version), (DateTimeOffset First, ChangeQuery Query)> _seen = [];

    public void Add(string service, string version, DateTimeOffset at, ChangeQuery query)
    {
        if (version.Length > 0 && (!_seen.TryGetValue((service, version), out var known) || at < known.First))
        {
            _seen[(service, version)] = (at, query);
        }
    }

    /// <summary>Versions that were not there from the beginning.</summary>
    public IEnumerable<AlertChange> Changes(DateTimeOffset from)
    {
        foreach (var service in _seen.GroupBy(static s => s.Key.Service, StringComparer.Ordinal))
        {
            string? before = null;
            foreach (var ((_, version), (first, query)) in service.OrderBy(static s => s.Value.First))
            {
                if (first > start + (2 * step) && first >= from)
                {
                    yield return new AlertChange(first, "deployment", service.Key, before is null ? $"{service.Key} reports version {version}, none before" : $"{service.Key} reports version {version} after {before}") { Query = query };
                }

                before = version;
            }
        }
    }
}
