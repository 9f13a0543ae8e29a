using System.Globalization;
using System.Text.Json;
using Sightglass.Alerting;
using Sightglass.Alerting.Rules;
using Sightglass.Alerting.Rules.Backtest;
using Sightglass.Core.Errors;
using Sightglass.Server.CommandLine;

namespace Sightglass.Server.Api.Alerting;

/// <summary>The body of a request for a backtest.</summary>
internal static class BacktestBody
{
    private const string FileName = "rules";

    private static readonly string[] Known = ["rules", "file", "group", "rule", "from", "to", "interval", "thresholds", "for"];

    public static async Task<BacktestRequest> ReadAsync(HttpRequest request, RuleManager rules, TimeSpan evaluationInterval, DateTimeOffset now)
    {
        using var json = await DocumentAsync(request);
        var body = json.RootElement;
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw OwnAnswer.Bad("body: want an object");
        }

        if (body.EnumerateObject().Select(static p => p.Name).FirstOrDefault(static n => !Known.Contains(n)) is { } unknown)
        {
            throw OwnAnswer.Bad($"{unknown}: not known, want {string.Join(", ", Known)}");
        }

        return new BacktestRequest
        {
            Groups = Groups(body, rules),
            From = Time(body, "from", now) ?? throw OwnAnswer.Bad("from: missing"),
            To = Time(body, "to", now) ?? now,
            DefaultInterval = Text(body, "interval") is { } interval ? Duration("interval", interval) : evaluationInterval,
            Thresholds = List(body, "thresholds", static e => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : throw OwnAnswer.Bad("thresholds: want numbers")),
            Waits = List(body, "for", static e => e.ValueKind == JsonValueKind.String ? Duration("for", e.GetString()!) : throw OwnAnswer.Bad("for: want durations such as \"10m\"")),
        };
    }

    /// <summary>The rules of the text, else those in force of a group; of one name where one is given.</summary>
    private static List<RuleGroupDefinition> Groups(JsonElement body, RuleManager rules)
    {
        var (text, file, group, rule) = (Text(body, "rules"), Text(body, "file"), Text(body, "group"), Text(body, "rule"));
        IEnumerable<RuleGroupDefinition> groups;
        if (text is not null)
        {
            try
            {
                groups = new RuleFileLoader().Load(FileName, text).Groups;
            }
            catch (AlertingConfigurationException e)
            {
                throw OwnAnswer.Bad(e.Message);
            }
        }
        else if (group is null && rule is null)
        {
            throw OwnAnswer.Bad("rules: missing; want the text of a rule file, or group and rule of one in force");
        }
        else
        {
            groups = rules.Groups().Where(g => file is null || g.File == file)
                .Select(static g => new RuleGroupDefinition { Name = g.Name, Interval = g.Interval, Rules = [.. g.Rules.Select(static r => r.Definition)] });
        }

        var found = groups.Where(g => group is null || g.Name == group)
            .Select(g => g with { Rules = [.. g.Rules.Where(r => rule is null || r.Name == rule)] })
            .Where(static g => g.Rules.Count > 0).ToList();
        return found.Count > 0 ? found : throw new QueryException(QueryErrorKind.NotFound, "no rule of this group and name");
    }

    private static string? Text(JsonElement body, string name) => !body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw OwnAnswer.Bad($"{name}: want a text");

    private static DateTimeOffset? Time(JsonElement body, string name, DateTimeOffset now)
    {
        var text = body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString(CultureInfo.InvariantCulture) : Text(body, name);
        try
        {
            return text is null ? null : QueryTime.Parse(name, text, now).ToUniversalTime();
        }
        catch (FormatException e)
        {
            throw OwnAnswer.Bad(e.Message);
        }
    }

    private static TimeSpan Duration(string name, string text) => PromDuration.TryParse(text, out var duration) ? duration : throw OwnAnswer.Bad($"{name}: got \"{text}\", want a duration such as 10m");

    private static List<T>? List<T>(JsonElement body, string name, Func<JsonElement, T> read) => !body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(read)] : throw OwnAnswer.Bad($"{name}: want a list");

    private static async Task<JsonDocument> DocumentAsync(HttpRequest request)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 << 10];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > BacktestLimits.MaxBodyBytes)
            {
                throw new LimitExceededException("MaxBodyBytes", BacktestLimits.MaxBodyBytes, buffer.Length, "request body too large");
            }
        }

        return JsonDocument.Parse(buffer.ToArray());
    }
}
