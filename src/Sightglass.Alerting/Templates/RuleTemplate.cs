using System.Globalization;
using System.Net;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Templates;

/// <summary>A sample that a template's <c>query</c> got.</summary>
internal readonly record struct TemplateSample(LabelSet Labels, double Value);

/// <summary>Renders labels and annotations of alerting rules with Prometheus' functions and variables.</summary>
internal sealed class RuleTemplate
{
    private const string Prologue = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

    private readonly Uri _externalUrl;
    private readonly Func<string, DateTimeOffset, IReadOnlyList<TemplateSample>> _query;
    private readonly TemplateValue _externalLabels;

    public RuleTemplate(Uri externalUrl, LabelSet externalLabels, Func<string, DateTimeOffset, IReadOnlyList<TemplateSample>> query)
    {
        _externalUrl = externalUrl;
        _query = query;
        _externalLabels = Labels(externalLabels);
    }

    /// <summary>Says what is wrong with a template, or null when it parses.</summary>
    public static TemplateException? Check(string name, string source)
    {
        try
        {
            new TemplateSet(Functions(new Uri("http://localhost/"), static (_, _) => [], default)).Check(name, Prologue + source);
            return null;
        }
        catch (TemplateException e)
        {
            return e;
        }
    }

    /// <summary>Renders one label or annotation.</summary>
    /// <exception cref="TemplateException">It does not parse, fails, or goes over a limit.</exception>
    public string Render(string name, string source, LabelSet labels, double value, DateTimeOffset at)
    {
        if (!source.Contains("{{", StringComparison.Ordinal))
        {
            return source;
        }

        var data = TemplateValue.Of(new TemplateRecord(
            "template.alertTemplateData",
            ("Labels", Labels(labels)),
            ("ExternalLabels", _externalLabels),
            ("ExternalURL", TemplateValue.Of(Text(_externalUrl))),
            ("Value", TemplateValue.Of(value))));
        return new TemplateSet(Functions(_externalUrl, _query, at)).Render(name, Prologue + source, data);
    }

    /// <summary>As it was given, without the slash at the end: templates go on with one.</summary>
    private static string Text(Uri url) => url.OriginalString.TrimEnd('/');

    private static TemplateValue Labels(LabelSet labels) =>
        TemplateValue.Of(TemplateMap.OfStrings(labels.Select(static l => KeyValuePair.Create(l.Name, l.Value))));

    private static TemplateFunctions Functions(Uri externalUrl, Func<string, DateTimeOffset, IReadOnlyList<TemplateSample>> query, DateTimeOffset at) =>
        CommonFunctions.AddTo(new TemplateFunctions())
            .Add("title", 1, static (_, a) => TemplateValue.Of(TitleCase.OfRules(TemplateFunctions.Text(a[0]))))
            .Add("query", 1, (_, a) => Query(query(TemplateFunctions.Text(a[0]), at)))
            .Add("first", 1, static (_, a) => List(a[0]).Count > 0 ? List(a[0])[0] : throw new TemplateFunctionException("first() called on vector with no elements"))
            .Add("label", 2, static (_, a) => Sample(a[1], "Labels").Map.Get(TemplateFunctions.Text(a[0])))
            .Add("value", 1, static (_, a) => Sample(a[0], "Value"))
            .Add("strvalue", 1, static (_, a) => Sample(a[0], "Labels").Map.Get("__value__"))
            .Add("sortByLabel", 2, static (_, a) => Sort(TemplateFunctions.Text(a[0]), a[1]))
            .Add("args", 0, int.MaxValue, static (_, a) => Arguments(a))
            .Add("tmpl", 2, static (e, a) => TemplateValue.OfHtml(e.RenderNested(TemplateFunctions.Text(a[0]), a[1])))
            .Add("humanize", 1, static (_, a) => TemplateValue.Of(Humanize.Decimal(CommonFunctions.Number(a[0]))))
            .Add("humanize1024", 1, static (_, a) => TemplateValue.Of(Humanize.Base1024(CommonFunctions.Number(a[0]))))
            .Add("humanizePercentage", 1, static (_, a) => TemplateValue.Of(Humanize.Percentage(CommonFunctions.Number(a[0]))))
            .Add("humanizeTimestamp", 1, static (_, a) => Timestamp(CommonFunctions.Number(a[0]), printed: true))
            .Add("toTime", 1, static (_, a) => Timestamp(CommonFunctions.Number(a[0]), printed: false))
            .Add("toDuration", 1, static (_, a) => TemplateValue.OfDuration((long)(CommonFunctions.Number(a[0]) * 1e9)))
            .Add("now", 0, (_, _) => TemplateValue.Of(at.ToUnixTimeMilliseconds() / 1000.0))
            .Add("parseDuration", 1, static (_, a) => PromDuration.TryParse(TemplateFunctions.Text(a[0]), out var duration)
                ? TemplateValue.Of(duration.TotalSeconds)
                : throw new TemplateFunctionException($"not a valid duration string: {GoFormat.Quote(a[0].Text)}"))
            .Add("urlQueryEscape", 1, static (_, a) => TemplateValue.Of(BuiltinFunctions.QueryEscape(TemplateFunctions.Text(a[0]))))
            .Add("pathPrefix", 0, (_, _) => TemplateValue.Of(externalUrl.IsAbsoluteUri ? externalUrl.AbsolutePath.TrimEnd('/') : string.Empty))
            .Add("externalURL", 0, (_, _) => TemplateValue.Of(Text(externalUrl)))
            .Add("stripPort", 1, static (_, a) => TemplateValue.Of(StripPort(TemplateFunctions.Text(a[0]))))
            .Add("stripDomain", 1, static (_, a) => TemplateValue.Of(StripDomain(TemplateFunctions.Text(a[0]))))
            .Add("graphLink", 1, static (_, a) => TemplateValue.Of(ExpressionLink.Graph(TemplateFunctions.Text(a[0]))))
            .Add("tableLink", 1, static (_, a) => TemplateValue.Of(ExpressionLink.Table(TemplateFunctions.Text(a[0]))));

    private static TemplateValue Query(IReadOnlyList<TemplateSample> samples) => TemplateValue.Of(new TemplateList(
        [.. samples.Select(static s => TemplateValue.Of(new TemplateRecord("*template.sample", ("Labels", Labels(s.Labels)), ("Value", TemplateValue.Of(s.Value)))))],
        "template.queryResult"));

    private static TemplateList List(TemplateValue value) => value.Kind == TemplateKind.List ? value.List
        : throw new TemplateFunctionException($"wrong type for value; expected template.queryResult; got {value.TypeName}");

    private static TemplateValue Sample(TemplateValue value, string field) =>
        value.Kind == TemplateKind.Object && value.Object.TypeName == "*template.sample" && value.Object.TryGetField(field, out var found)
            ? found
            : throw new TemplateFunctionException($"wrong type for value; expected *template.sample; got {value.TypeName}");

    private static TemplateValue Sort(string label, TemplateValue list)
    {
        var items = List(list);
        return TemplateValue.Of(new TemplateList(
            [.. Enumerable.Range(0, items.Count).Select(i => items[i]).OrderBy(s => Sample(s, "Labels").Map.Get(label).Text, StringComparer.Ordinal)], items.TypeName));
    }

    private static TemplateValue Arguments(ReadOnlySpan<TemplateValue> arguments)
    {
        var map = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i++)
        {
            map.Add("arg" + i.ToString(CultureInfo.InvariantCulture), arguments[i]);
        }

        return TemplateValue.Of(new TemplateMap(map, default, "map[string]interface {}"));
    }

    private static TemplateValue Timestamp(double seconds, bool printed)
    {
        if (!double.IsFinite(seconds))
        {
            return printed ? TemplateValue.Of(GoNumber.Format(seconds, 'g', 4)) : throw new TemplateFunctionException($"can't convert {GoNumber.Format(seconds, 'g', -1)} to time");
        }

        if (Math.Abs(seconds) > 2e11)
        {
            throw new TemplateFunctionException("value cannot be represented as a timestamp");
        }

        var ticks = (long)Math.Floor(seconds * 1000) * TimeSpan.TicksPerMillisecond;
        if (ticks < (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks || ticks > (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks)
        {
            throw new TemplateFunctionException("value cannot be represented as a timestamp");
        }

        var time = new GoTime(DateTimeOffset.UnixEpoch.AddTicks(ticks));
        return printed ? TemplateValue.Of(time.ToString()) : TemplateValue.Of(time);
    }

    private static string StripPort(string host)
    {
        if (host.StartsWith('[') && host.IndexOf(']', StringComparison.Ordinal) is var close and > 0)
        {
            return host[1..close];
        }

        var colon = host.LastIndexOf(':');
        return colon < 0 || host.IndexOf(':', StringComparison.Ordinal) != colon ? host : host[..colon];
    }

    private static string StripDomain(string hostPort)
    {
        var host = StripPort(hostPort);
        if (IPAddress.TryParse(host, out _))
        {
            return hostPort;
        }

        var name = host.Split('.')[0];
        return host != hostPort && hostPort.StartsWith(host, StringComparison.Ordinal) ? name + hostPort[host.Length..] : name;
    }
}
