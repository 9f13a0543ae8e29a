namespace Sightglass.TestKit;

/// <summary>A folder of its own for one test, removed when the test ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder's full path.</summary>
    public string FullPath { get; } = Directory.CreateTempSubdirectory("sightglass-").FullName;

    /// <summary>The full path of <paramref name="relative"/> below the folder.</summary>
    public string PathOf(string relative) => Path.Combine(FullPath, relative);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
