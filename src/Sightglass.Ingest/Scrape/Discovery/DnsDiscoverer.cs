using System.Globalization;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>Asks DNS for the records of names. All names are asked; those that fail keep what they had.</summary>
internal sealed class DnsDiscoverer(DnsDiscovery configuration, DiscoveryContext context, string job) : PollingDiscoverer(configuration.RefreshInterval, context, job)
{
    private readonly DnsClient _dns = new(context.Settings.ResolverConfiguration, context.Time);
    private readonly Dictionary<string, IReadOnlyList<TargetGroup>> _known = new(StringComparer.Ordinal);

    protected override bool IsSameSource(Discoverer other) =>
        other is DnsDiscoverer dns && dns.Configuration.Type == configuration.Type && dns.Configuration.Names.SequenceEqual(configuration.Names);

    private DnsDiscovery Configuration => configuration;

    protected override async Task<IReadOnlyList<TargetGroup>> AskAsync(CancellationToken cancellation)
    {
        ScrapeFailedException? failed = null;
        foreach (var name in configuration.Names)
        {
            try
            {
                _known[name] = [.. (await _dns.ResolveAsync(name, configuration.Type, cancellation)).Select(record => Group(name, record))];
            }
            catch (ScrapeFailedException e)
            {
                failed = e;
                Context.Report($"{Job}: {e.Message}");
            }
        }

        // With no answer at all, what an earlier configuration found stands too.
        return _known.Count == 0 && failed is not null ? Groups : [.. configuration.Names.Where(_known.ContainsKey).SelectMany(name => _known[name])];
    }

    private TargetGroup Group(string name, DnsRecord record)
    {
        var port = record.Type == DnsRecordType.SRV ? record.Port : configuration.Port;
        var host = record.Value.TrimEnd('.');
        var labels = LabelSet.Of(
            "__meta_dns_name", name,
            "__meta_dns_srv_record_target", record.Type == DnsRecordType.SRV ? record.Value : string.Empty,
            "__meta_dns_srv_record_port", record.Type == DnsRecordType.SRV ? record.Port.ToString(CultureInfo.InvariantCulture) : string.Empty,
            "__meta_dns_mx_record_target", record.Type == DnsRecordType.MX ? record.Value : string.Empty,
            "__meta_dns_ns_record_target", record.Type == DnsRecordType.NS ? record.Value : string.Empty);
        return new TargetGroup(name, [string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}")], labels);
    }
}
