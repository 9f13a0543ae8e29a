using System.Text;
using Sightglass.Alerting.Rules;
using Sightglass.Core.Errors;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Api.Loki;

/// <summary>
/// The API of Loki's ruler: rule groups in YAML, by namespace. Groups of rule files are listed where they have rules in LogQL, their file being the namespace, and cannot be
/// changed here; groups that were written here are kept in <c>state.db</c> and evaluated beside them. All rules are in Prometheus' <c>/api/v1/rules</c>.
/// </summary>
internal sealed class LokiRulesApi(RuleManager rules, WrittenRules written)
{
    private static readonly byte[] Accepted = """{"status":"success","data":null,"errorType":"","error":""}"""u8.ToArray();

    /// <summary>Maps the endpoints.</summary>
    public static void Map(RouteTable routes, RuleManager rules, WrittenRules written)
    {
        var api = new LokiRulesApi(rules, written);
        foreach (var prefix in (string[])["/loki/api/v1/rules", "/api/prom/rules"])
        {
            routes.MapGet(prefix, api.List);
            routes.MapGet(prefix + "/{namespace}", api.List);
            routes.MapGet(prefix + "/{namespace}/{group}", api.List);
            routes.MapPost(prefix + "/{namespace}", context => Change(context, () => api.Set(context)));
            routes.MapDelete(prefix + "/{namespace}", context => Change(context, () => api.Remove(context)));
            routes.MapDelete(prefix + "/{namespace}/{group}", context => Change(context, () => api.Remove(context)));
        }
    }

    private Task List(HttpContext context)
    {
        var (space, group) = (Value(context, "namespace"), Value(context, "group"));
        var found = rules.Groups()
            .Where(g => (space is null || Namespace(g) == space) && (group is null || g.Name == group))
            .Select(g => (Group: g, Rules: g.Rules.Select(static r => r.Definition).Where(r => r.Language == RuleLanguage.LogQL || IsWritten(g)).ToList()))
            .Where(g => g.Rules.Count > 0 || IsWritten(g.Group)).ToList();
        if (found.Count == 0)
        {
            return Text(context, StatusCodes.Status404NotFound, group is null ? "no rule groups found" : "group does not exist");
        }

        var text = new StringBuilder();
        if (group is not null)
        {
            RuleYaml.Write(text, found[0].Group, found[0].Rules, first: string.Empty, rest: string.Empty);
        }
        else
        {
            foreach (var members in found.GroupBy(g => Namespace(g.Group), StringComparer.Ordinal))
            {
                text.Append(RuleYaml.Scalar(members.Key)).Append(":\n");
                foreach (var member in members)
                {
                    RuleYaml.Write(text, member.Group, member.Rules, first: "  - ", rest: "    ");
                }
            }
        }

        context.Response.ContentType = "application/yaml";
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private async Task Set(HttpContext context)
    {
        var space = Value(context, "namespace")!;
        var text = await ReadAsync(context);
        var group = WrittenRules.Read(space, text);
        if (IsOfFile(space, group.Name))
        {
            await Text(context, StatusCodes.Status403Forbidden, $"group \"{group.Name}\" is of the rule file {space}, which is changed where it lies");
            return;
        }

        written.Set(space, group, text);
        await Accept(context);
    }

    private Task Remove(HttpContext context)
    {
        var (space, group) = (Value(context, "namespace")!, Value(context, "group"));
        return written.Remove(space, group) ? Accept(context)
            : IsOfFile(space, group) ? Text(context, StatusCodes.Status403Forbidden, $"{space} is a rule file, which is changed where it lies")
            : Text(context, StatusCodes.Status404NotFound, group is null ? "group namespace does not exist" : "group does not exist");
    }

    // Whoever writes has waited until it is in force; Loki says so beforehand, with the same status.
    private static async Task Change(HttpContext context, Func<Task> run)
    {
        try
        {
            await (RequestOrigin.IsOwn(context.Request) ? run() : Text(context, StatusCodes.Status403Forbidden, RequestOrigin.Refusal.TrimEnd()));
        }
        catch (QueryException e)
        {
            await Text(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (LimitExceededException e)
        {
            await Text(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (StorageFailedException e)
        {
            await Text(context, StatusCodes.Status500InternalServerError, e.Message);
        }
    }

    private static Task Accept(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Accepted, context.RequestAborted).AsTask();
    }

    private static Task Text(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }

    private static async Task<string> ReadAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > WrittenRuleLimits.MaxGroupBytes)
            {
                throw new LimitExceededException(nameof(WrittenRuleLimits.MaxGroupBytes), WrittenRuleLimits.MaxGroupBytes, buffer.Length, "rule group too large");
            }
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    // A slash in a name comes as %2F, which is no separator.
    private static string? Value(HttpContext context, string name) =>
        (string?)context.Request.RouteValues[name] is { } value ? value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : null;

    private bool IsWritten(RuleGroupView group) => written.Has(group.File, group.Name);

    private string Namespace(RuleGroupView group) => IsWritten(group) ? group.File : Path.GetFileName(group.File);

    private bool IsOfFile(string space, string? group) =>
        rules.Groups().Any(g => !IsWritten(g) && (group is null || g.Name == group) && (Path.GetFileName(g.File) == space || g.File == space));
}
