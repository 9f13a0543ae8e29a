using System.Text;
using Sightglass.Core.Model;

namespace Sightglass.Ingest.Scrape;

/// <summary>Makes targets of discovered addresses as Prometheus does: labels of the job and the group, relabelling, then the address that is asked.</summary>
internal static class TargetBuilder
{
    private const string Parameter = "__param_";

    // What a path may have beside letters and digits without being escaped.
    private const string PathCharacters = "-_.~$&+,/:;=@";

    /// <summary>The target, or null when relabelling drops it.</summary>
    /// <param name="configuration">The job.</param>
    /// <param name="address">Where it was found to be.</param>
    /// <param name="groupLabels">The labels that discovery has for it.</param>
    /// <param name="discovered">Its labels before relabelling.</param>
    /// <exception cref="FormatException">The address, the interval or the timeout cannot be used.</exception>
    public static TargetStatus? Build(ScrapeConfiguration configuration, string address, LabelSet groupLabels, out LabelSet discovered)
    {
        var builder = new LabelSetBuilder(groupLabels);
        builder.Set("__address__", address);
        Default(builder, "job", configuration.JobName);
        Default(builder, "__scrape_interval__", ScrapeDuration.Format(configuration.Interval));
        Default(builder, "__scrape_timeout__", ScrapeDuration.Format(configuration.Timeout));
        Default(builder, "__metrics_path__", configuration.MetricsPath);
        Default(builder, "__scheme__", configuration.Scheme);
        foreach (var (name, value) in configuration.Parameters)
        {
            Default(builder, Parameter + name, value);
        }

        discovered = builder.Build();
        if (!RelabelRule.Apply(configuration.Relabel, builder))
        {
            return null;
        }

        address = builder.Get("__address__");
        if (address.Length == 0)
        {
            throw new FormatException("no address");
        }

        if (address.IndexOfAny(['/', '@']) >= 0)
        {
            throw new FormatException($"\"{address}\" is not a valid hostname");
        }

        var (intervalText, timeoutText) = (builder.Get("__scrape_interval__"), builder.Get("__scrape_timeout__"));
        var interval = ScrapeDuration.Parse(intervalText, "scrape interval");
        var timeout = ScrapeDuration.Parse(timeoutText, "scrape timeout");
        if (timeout > interval)
        {
            throw new FormatException($"scrape timeout cannot be greater than scrape interval (\"{timeoutText}\" > \"{intervalText}\")");
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

        return new TargetStatus(configuration.JobName, discovered, builder.Build(), url, TargetHealth.Unknown, null, TimeSpan.Zero, string.Empty, interval, timeout, 0);
    }

    private static Uri Url(ScrapeConfiguration configuration, LabelSetBuilder labels, string address)
    {
        // Relabelling may change the first value of a parameter and add parameters; it cannot take one away.
        var parameters = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, value) in configuration.Parameters)
        {
            (parameters.TryGetValue(name, out var values) ? values : parameters[name] = []).Add(value);
        }

        foreach (var name in labels.Names)
        {
            if (!name.StartsWith(Parameter, StringComparison.Ordinal))
            {
                continue;
            }

            if (parameters.TryGetValue(name[Parameter.Length..], out var values))
            {
                values[0] = labels.Get(name);
            }
            else
            {
                parameters.Add(name[Parameter.Length..], [labels.Get(name)]);
            }
        }

        var scheme = labels.Get("__scheme__");
        if (scheme is not ("http" or "https"))
        {
            throw new FormatException($"unsupported protocol scheme \"{scheme}\"");
        }

        var path = labels.Get("__metrics_path__");
        var text = new StringBuilder($"{scheme}://{address}");
        if (path.Length > 0 && path[0] != '/')
        {
            text.Append('/');
        }

        foreach (var rune in path.EnumerateRunes())
        {
            text.Append(rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || PathCharacters.Contains((char)rune.Value, StringComparison.Ordinal))
                ? rune.ToString()
                : Uri.EscapeDataString(rune.ToString()));
        }

        var separator = '?';
        foreach (var (name, values) in parameters)
        {
            foreach (var value in values)
            {
                text.Append(separator).Append(Escape(name)).Append('=').Append(Escape(value));
                separator = '&';
            }
        }

        return Uri.TryCreate(text.ToString(), UriKind.Absolute, out var url) && url.Host.Length > 0 ? url : throw new FormatException($"\"{address}\" is not a valid hostname");
    }

    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static void Default(LabelSetBuilder labels, string name, string value)
    {
        if (labels.Get(name).Length == 0)
        {
            labels.Set(name, value);
        }
    }
}
