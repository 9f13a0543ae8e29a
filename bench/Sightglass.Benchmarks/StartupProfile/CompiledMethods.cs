using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace Sightglass.Benchmarks.StartupProfile;

/// <summary>A type as the runtime told of it: a definition by module and token, with arguments where it is generic, or an array.</summary>
internal sealed record TracedType(long Module, int Token, bool IsArray, int Rank, long[] Arguments);

/// <summary>A method that was compiled while the process ran.</summary>
internal sealed record TracedMethod(long Module, int Token, long Type, long[] Arguments);

/// <summary>What the compiler was asked to compile in a process, from the trace that the runtime wrote.</summary>
internal sealed class CompiledMethods
{
    public Dictionary<long, string> Modules { get; } = [];

    public Dictionary<long, TracedType> Types { get; } = [];

    public List<TracedMethod> Methods { get; } = [];

    /// <summary>Reads a trace.</summary>
    public static CompiledMethods Read(string path)
    {
        var found = new CompiledMethods();
        var details = new Dictionary<long, (long Type, long[] Arguments)>();
        var compiled = new Dictionary<long, (long Module, int Token)>();
        using var source = new EventPipeEventSource(path);
        source.Clr.LoaderModuleLoad += e => found.Modules[e.ModuleID] = e.ModuleILPath;
        source.Clr.MethodLoadVerbose += e =>
        {
            // What is compiled anew because it runs often was compiled ahead, or is here for its first time too.
            if (e.IsJitted && !e.IsDynamic && e.OptimizationTier != OptimizationTier.OptimizedTier1)
            {
                compiled[e.MethodID] = (e.ModuleID, e.MethodToken);
            }
        };
        source.Clr.MethodMethodDetails += e => details[(long)e.MethodID] = ((long)e.TypeID, [.. Enumerable.Range(0, e.TypeParameterCount).Select(i => (long)e.TypeParameters(i))]);
        source.Clr.TypeBulkType += e =>
        {
            for (var i = 0; i < e.Count; i++)
            {
                var type = e.Values(i);
                var flags = (int)type.Flags;
                found.Types[(long)type.TypeID] = new TracedType(
                    (long)type.ModuleID,
                    (int)type.TypeNameID,
                    (flags & 8) != 0,
                    (flags >> 8) & 0x3F,
                    [.. Enumerable.Range(0, type.TypeParameterCount).Select(n => (long)type.TypeParameterID(n))]);
            }
        };
        source.Process();
        foreach (var (id, (module, token)) in compiled)
        {
            if (details.TryGetValue(id, out var detail))
            {
                found.Methods.Add(new TracedMethod(module, token, detail.Type, detail.Arguments));
            }
        }

        return found;
    }
}
