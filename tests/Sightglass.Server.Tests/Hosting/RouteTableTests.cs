using Microsoft.AspNetCore.Http;
using Sightglass.Server.Hosting.Http;

namespace Sightglass.Server.Tests.Hosting;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("GET", "/a", "a")]
    [InlineData("GET", "/A/", "a")]
    [InlineData("POST", "/a", "post a")]
    [InlineData("GET", "/a/b", "none")]
    [InlineData("GET", "", "none")]
    [InlineData("GET", "/", "root")]
    [InlineData("GET", "/group/one", "one of group")]
    [InlineData("GET", "/label/job/values", "values job")]
    [InlineData("GET", "/label//values", "below label /values")]
    [InlineData("GET", "/label/job", "below label job")]
    [InlineData("GET", "/label/a/b/values", "below label a/b/values")]
    [InlineData("GET", "/label", "below label ")]
    [InlineData("GET", "/oncall/base.ics", "calendar base")]
    [InlineData("GET", "/oncall/.ics", "none")]
    [InlineData("GET", "/oncall/base.ICS/", "calendar base")]
    [InlineData("PATCH", "/any/thing", "any thing")]
    [InlineData("GET", "/two/x/y", "two x y")]
    [InlineData("GET", "/two/x/fixed", "two x, fixed")]
    [InlineData("GET", "/two/fixed", "literal")]
    [InlineData("GET", "//a", "a")]
    [InlineData("GET", "//oncall///base.ics", "calendar base")]
    [InlineData("GET", "//b", "none")]
    [InlineData("GET", "/group/two", "unknown in group")]
    [InlineData("PUT", "/group//two", "unknown in group")]
    public async Task A_request_is_answered_by_the_route_that_says_most(string method, string path, string want)
    {
        var routes = new RouteTable { Fallback = static context => Say(context, "none") };
        routes.MapGet("/label/{**rest}", static context => Say(context, $"below label {context.Request.RouteValues["rest"]}"));
        routes.MapGet("/", static context => Say(context, "root"));
        routes.MapGet("/a", static context => Say(context, "a"));
        routes.MapPost("/a/", static context => Say(context, "post a"));
        routes.MapGet("/label/{name}/values", static context => Say(context, $"values {context.Request.RouteValues["name"]}"));
        routes.MapGet("/oncall/{rotation}.ics", static context => Say(context, $"calendar {context.Request.RouteValues["rotation"]}"));
        routes.Map("/any/{what}", static context => Say(context, $"any {context.Request.RouteValues["what"]}"));
        routes.MapGet("/two/{a}/{b}", static context => Say(context, $"two {context.Request.RouteValues["a"]} {context.Request.RouteValues["b"]}"));
        routes.MapGet("/two/{a}/fixed", static context => Say(context, $"two {context.Request.RouteValues["a"]}, fixed"));
        routes.MapGet("/two/fixed", static context => Say(context, "literal"));
        var group = routes.MapGroup("/group");
        group.MapUnknown(string.Empty, static context => Say(context, "unknown in group"));
        group.MapGet("/one", static context => Say(context, "one of group"));
        var context = Request(method, path);
        await routes.Answer(context);
        context.Items["said"].ShouldBe(want);
    }

    [Theory]
    [InlineData("PUT", "/a", "DELETE, GET, POST")]
    [InlineData("HEAD", "//a/", "DELETE, GET, POST")]
    [InlineData("POST", "/label/job/values", "GET")]
    [InlineData("GET", "/push/x/y", "POST")]
    public async Task A_path_that_is_known_by_other_methods_says_which(string method, string path, string want)
    {
        var first = new RouteTable();
        first.MapDelete("/a", static context => Say(context, "first"));
        var routes = new RouteTable { Before = first };
        routes.MapMethods("/a", ["POST", "GET"], static context => Say(context, "a"));
        routes.MapGet("/label/{name}/values", static context => Say(context, "values"));
        routes.MapPost("/push/{**rest}", static context => Say(context, "push"));
        routes.MapUnknown(string.Empty, static context => Say(context, "unknown"));
        var context = Request(method, path);
        first.TryAnswer(context).ShouldBeNull();
        await routes.Answer(context);
        context.Items["said"].ShouldBeNull();
        context.Response.StatusCode.ShouldBe(405);
        context.Response.Headers.Allow.ToString().ShouldBe(want);
    }

    [Theory]
    [InlineData("/a/{*rest}/b")]
    [InlineData("a/{name}")]
    public void A_path_that_cannot_be_matched_is_a_bug(string path) =>
        Should.Throw<System.Diagnostics.UnreachableException>(() => new RouteTable().MapGet(path, static _ => Task.CompletedTask));

    private static DefaultHttpContext Request(string method, string path) => new() { Request = { Method = method, Path = path } };

    private static Task Say(HttpContext context, string what)
    {
        context.Items["said"] = what;
        return Task.CompletedTask;
    }
}
