using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>Makes targets of discovered addresses as Prometheus does: labels of the job and the group, relabelling, then the address that is asked.</summary>
internal static class TargetBuilder
{
    /// <summary>The target, or null when relabelling drops it.</summary>
    /// <exception cref="FormatException">The address or a meta label cannot be used.</exception>
    public static TargetStatus? Build(ScrapeConfiguration configuration, string address, LabelSet groupLabels)
    {
        var discovered = Discovered(configuration, address, groupLabels);
        var builder = new LabelSetBuilder(discovered);
        if (!RelabelRule.Apply(configuration.Relabel, builder))
        {
            return null;
        }

        address = builder.Get("__address__");
        if (address.Length == 0)
        {
            throw new FormatException("no address");
        }

        var url = Url(configuration, builder, address);
        Default(builder, "instance", address);
        foreach (var name in builder.Names.ToArray())
        {
            if (name.StartsWith("__", StringComparison.Ordinal))
            {
                builder.Remove(name);
            }
        }

        return new TargetStatus(configuration.JobName, discovered, builder.Build(), url, TargetHealth.Unknown, null, TimeSpan.Zero, string.Empty, configuration.Interval, configuration.Timeout, 0);
    }

    /// <summary>The labels of an address before relabelling.</summary>
    public static LabelSet Discovered(ScrapeConfiguration configuration, string address, LabelSet groupLabels)
    {
        var builder = new LabelSetBuilder(groupLabels);
        builder.Set("__address__", address);
        Default(builder, "job", configuration.JobName);
        Default(builder, "__scheme__", configuration.Scheme);
        Default(builder, "__metrics_path__", configuration.MetricsPath);
        Default(builder, "__scrape_interval__", Seconds(configuration.Interval));
        Default(builder, "__scrape_timeout__", Seconds(configuration.Timeout));
        foreach (var parameter in configuration.Parameters)
        {
            Default(builder, "__param_" + parameter.Key, parameter.Value);
        }

        return builder.Build();
    }

    private static Uri Url(ScrapeConfiguration configuration, LabelSetBuilder labels, string address)
    {
        if (address.Contains('/', StringComparison.Ordinal))
        {
            throw new FormatException($"\"{address}\" is not a valid hostname");
        }

        var query = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in configuration.Parameters)
        {
            // Relabelling may have changed the first value of a parameter, not the others.
            var value = seen.Add(parameter.Key) ? labels.Get("__param_" + parameter.Key) : parameter.Value;
            query.Add($"{Uri.EscapeDataString(parameter.Key)}={Uri.EscapeDataString(value)}");
        }

        foreach (var name in labels.Names)
        {
            if (name.StartsWith("__param_", StringComparison.Ordinal) && seen.Add(name[8..]))
            {
                query.Add($"{Uri.EscapeDataString(name[8..])}={Uri.EscapeDataString(labels.Get(name))}");
            }
        }

        var scheme = labels.Get("__scheme__");
        if (scheme is not ("http" or "https"))
        {
            throw new FormatException($"scheme \"{scheme}\" is neither http nor https");
        }

        var text = $"{scheme}://{address}{labels.Get("__metrics_path__")}{(query.Count > 0 ? "?" + string.Join('&', query) : string.Empty)}";
        return Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : throw new FormatException($"\"{address}\" is not a valid address");
    }

    private static void Default(LabelSetBuilder labels, string name, string value)
    {
        if (labels.Get(name).Length == 0)
        {
            labels.Set(name, value);
        }
    }

    private static string Seconds(TimeSpan time) => time.Milliseconds == 0 ? $"{(long)time.TotalSeconds}s" : $"{(long)time.TotalMilliseconds}ms";
}
