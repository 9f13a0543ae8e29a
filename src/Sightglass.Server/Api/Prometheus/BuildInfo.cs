namespace Sightglass.Server.Api.Prometheus;

/// <summary><c>status/buildinfo</c>: the version of Prometheus whose API this is, by which clients choose what they ask for.</summary>
internal static class BuildInfo
{
    private const string ApiVersion = "3.5.0";

    public static Task Write(HttpContext context, ApiParameters parameters) => ApiResponse.Success(context, json =>
    {
        var own = typeof(BuildInfo).Assembly.GetName().Version?.ToString(3) ?? string.Empty;
        json.WriteStartObject();
        json.WriteString("version"u8, ApiVersion);
        json.WriteString("revision"u8, $"sightglass-{own}");
        json.WriteString("branch"u8, "HEAD");
        json.WriteString("buildUser"u8, string.Empty);
        json.WriteString("buildDate"u8, string.Empty);
        json.WriteString("goVersion"u8, string.Empty);
        json.WriteEndObject();
    });
}
