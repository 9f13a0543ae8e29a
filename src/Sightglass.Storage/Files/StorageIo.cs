using Sightglass.Core.Errors;

namespace Sightglass.Storage;

/// <summary>Turns failures of files into the declared exception.</summary>
internal static class StorageIo
{
    public static void Run(string doing, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"{doing}: {e.Message}", e);
        }
    }
}
