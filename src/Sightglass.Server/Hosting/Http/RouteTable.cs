namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// The routes of a port: a look-up of literal paths, and a short list of paths with parameters. The framework's routing builds an automaton over all routes, their
/// metadata by reflection and the services it needs before the first answer, which is longer than everything else in a start. Routes are added before the port
/// listens; answering is thread-safe.
/// </summary>
internal sealed class RouteTable
{
    private static readonly string[] Get = [HttpMethods.Get];
    private static readonly string[] Post = [HttpMethods.Post];
    private static readonly string[] Put = [HttpMethods.Put];
    private static readonly string[] Delete = [HttpMethods.Delete];

    private readonly string _prefix;
    private readonly Dictionary<string, List<Route>> _literal;
    private readonly List<Route> _patterns;

    /// <summary>A table without routes.</summary>
    public RouteTable()
        : this(string.Empty, new(StringComparer.OrdinalIgnoreCase), [])
    {
    }

    private RouteTable(string prefix, Dictionary<string, List<Route>> literal, List<Route> patterns)
    {
        _prefix = prefix;
        _literal = literal;
        _patterns = patterns;
    }

    /// <summary>What answers where no route does.</summary>
    public RequestDelegate Fallback { get; set; } = static context =>
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    };

    /// <summary>Adds a route for every method; see <see cref="MapMethods"/>.</summary>
    public void Map(string path, RequestDelegate answer) => MapMethods(path, [], answer);

    /// <summary>Adds a route for GET; see <see cref="MapMethods"/>.</summary>
    public void MapGet(string path, RequestDelegate answer) => MapMethods(path, Get, answer);

    /// <summary>Adds a route for POST; see <see cref="MapMethods"/>.</summary>
    public void MapPost(string path, RequestDelegate answer) => MapMethods(path, Post, answer);

    /// <summary>Adds a route for PUT; see <see cref="MapMethods"/>.</summary>
    public void MapPut(string path, RequestDelegate answer) => MapMethods(path, Put, answer);

    /// <summary>Adds a route for DELETE; see <see cref="MapMethods"/>.</summary>
    public void MapDelete(string path, RequestDelegate answer) => MapMethods(path, Delete, answer);

    /// <summary>Adds a route; <paramref name="path"/> is as <see cref="RoutePath"/> reads it, letters in any case; no methods are all of them.</summary>
    public void MapMethods(string path, IReadOnlyList<string> methods, RequestDelegate answer)
    {
        var full = _prefix + path;
        if (!full.Contains('{', StringComparison.Ordinal))
        {
            var key = full.Length > 1 ? full.TrimEnd('/') : full;
            if (!_literal.TryGetValue(key, out var routes))
            {
                _literal.Add(key, routes = []);
            }

            routes.Add(new Route(null, methods, answer));
            return;
        }

        // The one that says more comes first.
        var route = new Route(new RoutePath(full), methods, answer);
        var at = _patterns.FindIndex(p => p.Path!.LiteralLength < route.Path!.LiteralLength);
        _patterns.Insert(at < 0 ? _patterns.Count : at, route);
    }

    /// <summary>The same table, below a prefix.</summary>
    public RouteTable MapGroup(string prefix) => new(_prefix + prefix, _literal, _patterns);

    /// <summary>Answers a request by its route: a literal path before one with parameters.</summary>
    public Task Answer(HttpContext context)
    {
        var method = context.Request.Method;
        var path = context.Request.Path.Value ?? string.Empty;
        if (path.Length > 1 && path[^1] == '/')
        {
            path = path[..^1];
        }

        if (_literal.TryGetValue(path, out var routes))
        {
            foreach (var route in routes)
            {
                if (route.Takes(method))
                {
                    return route.Answer(context);
                }
            }
        }

        foreach (var route in _patterns)
        {
            if (route.Takes(method) && route.Path!.Matches(path, context.Request.RouteValues))
            {
                return route.Answer(context);
            }
        }

        return Fallback(context);
    }

    private sealed record Route(RoutePath? Path, IReadOnlyList<string> Methods, RequestDelegate Answer)
    {
        public bool Takes(string method)
        {
            if (Methods.Count == 0)
            {
                return true;
            }

            foreach (var taken in Methods)
            {
                if (HttpMethods.Equals(taken, method))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
