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
    private readonly List<Route> _unknown;

    /// <summary>A table without routes.</summary>
    public RouteTable()
        : this(string.Empty, new(StringComparer.OrdinalIgnoreCase), [], [])
    {
    }

    private RouteTable(string prefix, Dictionary<string, List<Route>> literal, List<Route> patterns, List<Route> unknown)
    {
        _prefix = prefix;
        _literal = literal;
        _patterns = patterns;
        _unknown = unknown;
    }

    /// <summary>A table that is asked before this one; null when there is none. Its paths are known here too.</summary>
    public RouteTable? Before { get; init; }

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

        Insert(_patterns, new Route(new RoutePath(full), methods, answer));
    }

    /// <summary>Adds what answers below <paramref name="prefix"/> where no path is known.</summary>
    public void MapUnknown(string prefix, RequestDelegate answer) => Insert(_unknown, new Route(new RoutePath(_prefix + prefix + "/{*rest}"), [], answer));

    /// <summary>The same table, below a prefix.</summary>
    public RouteTable MapGroup(string prefix) => new(_prefix + prefix, _literal, _patterns, _unknown) { Before = Before };

    /// <summary>
    /// Answers a request by its route: a literal path before one with parameters. Slashes that stand twice, as behind an address that ends with one, count once
    /// where a path is not known with them. A path that is known by other methods only answers 405 and names them.
    /// </summary>
    public Task Answer(HttpContext context)
    {
        var path = PathOf(context);
        if (Find(context, path) is { } route)
        {
            return route.Answer(context);
        }

        if (path.Contains("//", StringComparison.Ordinal))
        {
            path = Single(path);
            if ((Before?.Find(context, path) ?? Find(context, path)) is { } single)
            {
                return single.Answer(context);
            }
        }

        var methods = new SortedSet<string>(StringComparer.Ordinal);
        Before?.AddMethods(path, methods);
        AddMethods(path, methods);
        return methods.Count > 0 ? OtherMethods(context, methods)
            : _unknown.Find(r => r.Path!.Matches(path, context.Request.RouteValues)) is { } unknown ? unknown.Answer(context)
            : Fallback(context);
    }

    /// <summary>Answers a request by its route; null where none takes it.</summary>
    public Task? TryAnswer(HttpContext context) => Find(context, PathOf(context))?.Answer(context);

    private static string PathOf(HttpContext context)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        return path.Length > 1 && path[^1] == '/' ? path[..^1] : path;
    }

    private static string Single(string path) => "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));

    // As Prometheus' router, and Go's own, say it.
    private static Task OtherMethods(HttpContext context, SortedSet<string> methods)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = string.Join(", ", methods);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("Method Not Allowed\n", context.RequestAborted);
    }

    // The one that says more comes first.
    private static void Insert(List<Route> routes, Route route)
    {
        var at = routes.FindIndex(p => p.Path!.LiteralLength < route.Path!.LiteralLength);
        routes.Insert(at < 0 ? routes.Count : at, route);
    }

    private void AddMethods(string path, SortedSet<string> methods)
    {
        foreach (var route in _literal.GetValueOrDefault(path, []).Concat(_patterns.Where(p => p.Path!.Matches(path, []))))
        {
            methods.UnionWith(route.Methods);
        }
    }

    private Route? Find(HttpContext context, string path)
    {
        var method = context.Request.Method;
        if (_literal.TryGetValue(path, out var routes))
        {
            foreach (var route in routes)
            {
                if (route.Takes(method))
                {
                    return route;
                }
            }
        }

        foreach (var route in _patterns)
        {
            if (route.Takes(method) && route.Path!.Matches(path, context.Request.RouteValues))
            {
                return route;
            }
        }

        return null;
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
