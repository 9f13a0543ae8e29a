using System.Globalization;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Query.LogQL;
using Sightglass.Query.LogQL.Syntax;

namespace Sightglass.Query.Tests.LogQL;

/// <summary>Random queries over lines of every kind.</summary>
public sealed class RandomQueryTests
{
    private static readonly string[] Texts =
    [
        """{"app":"x","level":"info","x":5,"status_code":"200","a":{"b":"q","c":[1,2]},"count":"3","b":2}""",
        """{"level":"error","x":"1.5s","y":"2KB","sum":1,"broken":""",
        "level=warn x=3 y=7KB z=2m30s status_code=404 app=inner a=1 rate=0.5",
        "level=debug x= y=\"quoted text\" broken=\"",
        "10.0.0.1 - GET /a?b=c 200 2001:db8::7 <_> b d",
        "\u001b[31mred\u001b[0m plain text b\\d with 10.0.0.5:80",
        "{\"_entry\":\"level=info x=9\",\"x\":\"packed\"}",
        "",
    ];

    [Fact]
    public void A_formatted_query_has_the_same_answer_and_no_query_breaks_anything()
    {
        var world = new LogWorld();
        var random = new Random(7);
        for (var i = 0; i < 160; i++)
        {
            world.Line(random.Next(0, 3_000_000) / 1000.0, random.Next(2) == 0 ? "a=b,app=web,c=q" : "a=z,app=db", Texts[random.Next(Texts.Length)], random.Next(3) == 0 ? "x=7,level=fatal" : "");
        }

        var (answered, refused) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var query = new RandomLogQL(random).Query();
            var answer = Answer(world, query);
            Answer(world, LogQLFormatter.Pretty(LogQLParser.Parse(query, QueryLimits.Default), 30)).ShouldBe(answer, query);
            (answered, refused) = answer.StartsWith("refused", StringComparison.Ordinal) ? (answered, refused + 1) : (answered + 1, refused);
        }

        // Most go through; those that fail do for lines that a stage could not handle, or for series that match several times.
        answered.ShouldBeGreaterThan(refused);
    }

    [Fact]
    public void What_is_no_query_is_refused_with_its_place()
    {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var query = new RandomLogQL(random).Query();
            var at = random.Next(query.Length);
            var broken = random.Next(3) switch
            {
                0 => query[..at],
                1 => query.Remove(at, 1),
                _ => query.Insert(at, "{}()[]|=~!<>\"`'\\#,.5mx \n"[random.Next(24)].ToString()),
            };
            try
            {
                LogQLParser.Parse(broken, QueryLimits.Default);
            }
            catch (QueryException e)
            {
                e.Kind.ShouldBe(QueryErrorKind.BadData);
                e.Message.ShouldStartWith("parse error at line ", Case.Sensitive, broken);
                e.Position.ShouldBeInRange(0, broken.Length, broken);
            }
        }
    }

    private static string Answer(LogWorld world, string query)
    {
        try
        {
            return LogQLParser.Parse(query, QueryLimits.Default) is Query.LogQL.Tree.LogNode
                ? string.Join('\n', world.Lines(query).Select(static l => $"{l.TimeUnixNano} {l.Line} {string.Join(',', l.Labels)}"))
                : string.Join('\n', world.Engine.QueryRange(new LogQLRange(query, LogWorld.At(0), LogWorld.At(3600)) { StepNano = 300 * LogWorld.Second }, default).Series
                    .Select(static s => $"{s.Labels} {string.Join(' ', s.Values.Select(static v => v.ToString("R", CultureInfo.InvariantCulture)))}"));
        }
        catch (QueryException e) when (e.Kind is QueryErrorKind.BadData or QueryErrorKind.Execution)
        {
            // The place is another one in another text.
            return "refused: " + (e.Message.Contains("pipeline error", StringComparison.Ordinal) ? "pipeline error" : e.Message);
        }
    }
}
