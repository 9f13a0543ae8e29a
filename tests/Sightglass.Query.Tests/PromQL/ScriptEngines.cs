using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL;

/// <summary>Runs scripts with everything on.</summary>
internal static class ScriptEngines
{
    public static ScriptReport Run(string text, PromQLOptions? options = null) => PromQLScript.Run(text, TimeProvider.System, options);
}
