using System.Reflection;

namespace Sightglass.TestKit;

/// <summary>Finds the folder of real test input beside the repository (<c>../shared</c>), which is read at test time and never copied.</summary>
public static class SharedInput
{
    /// <summary>The root of the repository that this assembly was built from.</summary>
    public static string RepoRoot { get; } = typeof(SharedInput).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepoRoot").Value!;

    /// <summary>The folder, or null where this machine has none: tests that need it then count as skipped and say so.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>The full path of <paramref name="relative"/> below the folder.</summary>
    /// <exception cref="InvalidOperationException">There is no such folder; use <see cref="SharedFactAttribute"/> on the test.</exception>
    public static string PathOf(string relative) =>
        Path.Combine(Folder ?? throw new InvalidOperationException("no ../shared folder on this machine"), relative);

    private static string? Find()
    {
        var beside = Path.GetFullPath(Path.Combine(RepoRoot, "..", "shared"));
        return Directory.Exists(Path.Combine(beside, "conformance")) ? beside : null;
    }
}
