namespace Sightglass.Core.Templates;

/// <summary>Bounds on one template: whoever writes one cannot make the server spin or fill its memory.</summary>
public static class TemplateLimits
{
    /// <summary>Characters of one template's source.</summary>
    public const int MaxSourceLength = 1 << 20;

    /// <summary>Characters that one execution may write: more than any receiver takes.</summary>
    public const int MaxOutputLength = 4 << 20;

    /// <summary>Nodes that one execution may visit.</summary>
    public const int MaxSteps = 2_000_000;

    /// <summary>Depth of templates calling templates.</summary>
    public const int MaxCallDepth = 200;

    /// <summary>Nesting of blocks and parentheses in the source.</summary>
    public const int MaxNesting = 100;

    /// <summary>Width or precision of a printf verb.</summary>
    public const int MaxPrintfWidth = 10_000;
}
