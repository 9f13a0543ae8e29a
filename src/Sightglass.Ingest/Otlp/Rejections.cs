namespace Sightglass.Ingest.Otlp;

/// <summary>Items of one request that were refused, for partial success and the ledger.</summary>
internal sealed class Rejections
{
    private readonly List<(string Reason, long Items, string Example)> _byReason = [];

    /// <summary>All of them.</summary>
    public long Items { get; private set; }

    /// <summary>A sentence about the first; null when there is none.</summary>
    public string? First { get; private set; }

    public void Add(string reason, string example, long items = 1)
    {
        Items += items;
        First ??= example;
        for (var i = 0; i < _byReason.Count; i++)
        {
            if (_byReason[i].Reason == reason)
            {
                _byReason[i] = (reason, _byReason[i].Items + items, _byReason[i].Example);
                return;
            }
        }

        _byReason.Add((reason, items, example));
    }

    public void CountIn(IngestSource source)
    {
        foreach (var (reason, items, example) in _byReason)
        {
            source.Reject(reason, items, example);
        }
    }
}
