-- People who met DSP only, sponsored ads only, or both, and what they bought. Everybody is in one
-- group, so the groups add up within a window; the same person may be in those of two windows.
WITH touches AS (
  SELECT user_id, 1 AS saw_dsp, 0 AS saw_sponsored
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT user_id, 0, 1
  FROM sponsored_ads_traffic
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
),
people AS (
  SELECT user_id, MAX(saw_dsp) AS saw_dsp, MAX(saw_sponsored) AS saw_sponsored
  FROM touches
  GROUP BY user_id
),
buyers AS (
  SELECT user_id, SUM(conversions) AS purchases, SUM(total_product_sales) AS sales
  FROM conversions
  WHERE event_subtype = 'order' AND user_id IS NOT NULL
  GROUP BY user_id
)
SELECT CASE WHEN p.saw_dsp = 1 AND p.saw_sponsored = 1 THEN 'DSP and sponsored ads'
            WHEN p.saw_dsp = 1 THEN 'DSP only'
            ELSE 'Sponsored ads only' END AS exposure,
       COUNT(DISTINCT p.user_id) AS reach,
       COUNT(DISTINCT b.user_id) AS buyers,
       SUM(COALESCE(b.purchases, 0)) AS purchases,
       SUM(COALESCE(b.sales, 0)) AS sales
FROM people p
LEFT JOIN buyers b ON p.user_id = b.user_id
GROUP BY 1
