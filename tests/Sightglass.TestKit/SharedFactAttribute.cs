using Xunit;

namespace Sightglass.TestKit;

/// <summary>A fact that needs the folder of real input; skipped with a sentence where it is missing.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public SharedFactAttribute()
    {
        if (SharedInput.Folder is null)
        {
            Skip = "no ../shared folder on this machine";
        }
    }
}

/// <summary>A theory that needs the folder of real input; skipped with a sentence where it is missing.</summary>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    /// <summary>Marks the test.</summary>
    public SharedTheoryAttribute()
    {
        if (SharedInput.Folder is null)
        {
            Skip = "no ../shared folder on this machine";
        }
    }
}
