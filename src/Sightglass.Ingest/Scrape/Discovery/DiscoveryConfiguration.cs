using Sightglass.Ingest.Scrape.Http;

namespace Sightglass.Ingest.Scrape.Discovery;

/// <summary>A way to find targets.</summary>
/// <param name="RefreshInterval">How often it looks again.</param>
public abstract record DiscoveryConfiguration(TimeSpan RefreshInterval);

/// <summary>One <c>file_sd_configs</c> entry.</summary>
/// <param name="Patterns">Paths; the last segment may have a <c>*</c>.</param>
/// <param name="RefreshInterval">How often files are read again even when nothing tells of a change.</param>
public sealed record FileDiscovery(IReadOnlyList<string> Patterns, TimeSpan RefreshInterval) : DiscoveryConfiguration(RefreshInterval);

/// <summary>One <c>http_sd_configs</c> entry.</summary>
/// <param name="Url">What is asked.</param>
/// <param name="Http">How it is asked.</param>
/// <param name="RefreshInterval">How often.</param>
public sealed record HttpDiscovery(Uri Url, HttpClientSettings Http, TimeSpan RefreshInterval) : DiscoveryConfiguration(RefreshInterval);

/// <summary>Types of DNS records that name targets.</summary>
public enum DnsRecordType
{
    /// <summary>IPv4 addresses.</summary>
    A = 1,

    /// <summary>Name servers.</summary>
    NS = 2,

    /// <summary>Mail servers.</summary>
    MX = 15,

    /// <summary>IPv6 addresses.</summary>
    AAAA = 28,

    /// <summary>Services with their ports.</summary>
    SRV = 33,
}

/// <summary>One <c>dns_sd_configs</c> entry.</summary>
/// <param name="Names">Names that are asked for.</param>
/// <param name="Type">The records asked for.</param>
/// <param name="Port">The targets' port; SRV records have their own.</param>
/// <param name="RefreshInterval">How often.</param>
public sealed record DnsDiscovery(IReadOnlyList<string> Names, DnsRecordType Type, int Port, TimeSpan RefreshInterval) : DiscoveryConfiguration(RefreshInterval);
