using System.Text;
using Sightglass.Core.Bytes;

namespace Sightglass.Alerting.Slo;

/// <summary>
/// Objectives of services that count for themselves under the agreed names (<c>sli_availability_total{service,status}</c>, <c>sli_latency_seconds{service}</c>) and that
/// no entry of <c>slos</c> is about.
/// </summary>
public sealed record SloDefaults
{
    /// <summary>What <see cref="SloDefinition.File"/> of such objectives is.</summary>
    public const string File = "slo_defaults";

    /// <summary>Services that get objectives, in the order of their names.</summary>
    public const int MaxServices = 100;

    /// <summary>Whether there are any.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The share of requests that has to succeed.</summary>
    public decimal Objective { get; init; } = 0.999m;

    /// <summary>The share of requests that has to be quick; null makes no objective of latency.</summary>
    public decimal? LatencyObjective { get; init; } = 0.99m;

    /// <summary>What quick is, in seconds; one of the histogram's buckets.</summary>
    public decimal LatencyThreshold { get; init; } = 0.5m;

    /// <summary>The window.</summary>
    public SloWindow Window { get; init; } = SloWindow.Rolling(TimeSpan.FromDays(30));

    /// <summary>The alerts.</summary>
    public SloAlerting Alerting { get; init; } = new();

    /// <summary>The objectives of services: of those that count successes and of those that count durations.</summary>
    /// <param name="available">Services with <c>sli_availability_total</c>.</param>
    /// <param name="timed">Services with <c>sli_latency_seconds</c>.</param>
    /// <param name="given">The objectives that somebody wrote.</param>
    public IReadOnlyList<SloDefinition> Of(IReadOnlySet<string> available, IReadOnlySet<string> timed, IReadOnlyList<SloDefinition> given)
    {
        var slos = new List<SloDefinition>();
        if (!Enabled)
        {
            return slos;
        }

        var names = given.Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
        var written = given.Select(static s => s.Service).ToHashSet(StringComparer.Ordinal);
        void Add(string service, string what, decimal target, SloIndicator indicator)
        {
            var name = NameOf(service, what);
            if (names.Add(name))
            {
                slos.Add(new SloDefinition { Name = name, Service = service, Indicator = indicator, Target = target, Window = Window, Alerting = Alerting, File = File });
            }
        }

        foreach (var service in available.Union(timed).Where(s => s.Length > 0 && !written.Contains(s)).Order(StringComparer.Ordinal).Take(MaxServices))
        {
            if (available.Contains(service))
            {
                Add(service, "availability", Objective, SloReader.Availability(service));
            }

            if (timed.Contains(service) && LatencyObjective is { } share)
            {
                Add(service, "latency", share, SloReader.Latency(service, LatencyThreshold));
            }
        }

        return slos;
    }

    // A name has fewer characters to choose from than a label's value: where some are lost a hash keeps two services apart.
    private static string NameOf(string service, string what)
    {
        var name = new StringBuilder();
        foreach (var c in service)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-');
        }

        if (name.ToString() == service && char.IsAsciiLetterOrDigit(service[0]) && name.Length + what.Length < SloLimits.MaxNameLength)
        {
            return $"{service}-{what}";
        }

        var hash = ((uint)Hash128.Compute(Encoding.UTF8.GetBytes(service)).Low).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
        var most = SloLimits.MaxNameLength - what.Length - hash.Length - 3;
        return $"s{name.ToString()[..Math.Min(name.Length, most)].TrimStart('-', '_', '.')}-{hash}-{what}";
    }
}
